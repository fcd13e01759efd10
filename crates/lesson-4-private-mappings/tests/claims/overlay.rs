//! Private mappings on overlayfs, the file system of containers.

use course::scratch;

use crate::scenario;

/// On overlayfs, a private mapping through a descriptor from before the copy-up shows the old file.
///
/// - call: file systems, edge
/// - source: Documentation/filesystems/overlayfs.rst
/// - level: observed
/// - holds: everywhere
#[test]
#[ignore = "needs root: it mounts an overlay"]
fn on_overlayfs_a_private_mapping_through_a_descriptor_from_before_the_copy_up_shows_the_old_file()
{
    let ended = scenario("copy-up", &scratch()).run();
    assert_eq!(ended.code, Some(0), "run this as root: {ended:?}");
    assert_eq!(ended.value("read"), "9", "through the descriptor that was mapped");
    assert_eq!(ended.value("mapped-before"), "a");
    assert_eq!(ended.value("mapped-after-through-the-old-descriptor"), "a");
    assert_eq!(ended.value("mapped-after"), "9");
}

/// On overlayfs, a truncation that copies the file up keeps the private copies.
///
/// - call: file systems, edge
/// - source: Documentation/filesystems/overlayfs.rst
/// - level: observed
/// - holds: everywhere
#[test]
#[ignore = "needs root: it mounts an overlay"]
fn on_overlayfs_a_truncation_that_copies_the_file_up_keeps_the_private_copies() {
    let ended = scenario("copy-up-by-truncation", &scratch()).run();
    assert_eq!(ended.code, Some(0), "run this as root: {ended:?}");
    assert_eq!((ended.value("length"), ended.value("mapping")), ("0", "Aa"));
}
