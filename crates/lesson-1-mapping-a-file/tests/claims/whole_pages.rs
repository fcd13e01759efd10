//! Mappings come in whole pages, files in bytes.

use course::scratch;
use nix::sys::signal::Signal;

use crate::scene;

#[test]
fn touching_a_page_past_the_end_of_the_file_is_sigbus() {
    let ended = scene("load-past-the-end", &scratch()).run();
    assert_eq!(ended.value("first-page"), "[0]", "the page that the file still has");
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    assert!(!ended.stdout.contains("second-page"), "{ended:?}");
}
