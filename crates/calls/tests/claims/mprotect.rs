//! `mprotect`.

use course::scratch;
use nix::sys::signal::Signal;

use crate::scenario;

/// After `mprotect` to `PROT_READ`, a load succeeds and a store is `SIGSEGV`.
///
/// - call: `mprotect`, success
/// - source: mprotect(2), DESCRIPTION
/// - level: POSIX
#[test]
fn after_mprotect_to_prot_read_a_load_succeeds_and_a_store_is_sigsegv() {
    let ended = scenario("store-after-mprotect", &scratch()).run();
    assert_eq!(ended.value("loaded"), "7");
    assert_eq!(ended.signal, Some(Signal::SIGSEGV), "{ended:?}");
    assert!(!ended.stdout.contains("stored"), "{ended:?}");
}
