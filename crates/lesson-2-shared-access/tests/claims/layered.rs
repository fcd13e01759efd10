//! A file in an overlay: one file in the lower layer, and its copy in the upper layer.

use course::scratch;

use crate::scenario;

/// On overlayfs, a mapping through a descriptor from before the copy-up shows no store that is made
/// after the copy-up.
///
/// - call: file systems, edge
/// - source: Documentation/filesystems/overlayfs.rst, Non-standard behavior
/// - level: Linux
/// - holds: everywhere
#[test]
#[ignore = "needs root: it mounts an overlay"]
fn on_overlayfs_a_mapping_through_a_descriptor_from_before_the_copy_up_shows_no_store_that_is_made_after_the_copy_up()
 {
    let ended = scenario("copy-up", &scratch()).run();
    let values = |names: [&str; 3]| names.map(|name| ended.value(name).to_owned());
    let fresh = ["writers-mapping", "readers-read", "opened-and-mapped-again"];
    let stale = ["before", "readers-mapping", "mapped-again-through-the-old-descriptor"];
    assert_eq!(values(fresh), ["42"; 3], "{ended:?}");
    assert_eq!(values(stale), ["0"; 3], "{ended:?}");
}
