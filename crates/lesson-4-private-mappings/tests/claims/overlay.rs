//! Private mappings on overlayfs, the file system of containers.

use course::scratch;

use crate::scenario;

#[test]
#[ignore = "needs root: it mounts an overlay"]
fn on_overlayfs_a_private_mapping_made_before_the_copy_up_never_follows_the_file() {
    let ended = scenario("copy-up", &scratch()).run();
    assert_eq!(ended.code, Some(0), "run this as root: {ended:?}");
    assert_eq!(ended.value("read"), "9", "through the descriptor that was mapped");
    assert_eq!(ended.value("mapped-before"), "a");
    assert_eq!(ended.value("mapped-after"), "9");
}
