//! `mincore`.

use course::scratch;

use crate::scenario;

/// `mincore` reports a page of private memory as resident after the first load or store, and not
/// after `MADV_DONTNEED`.
///
/// - call: `mincore`, success
/// - source: mincore(2), DESCRIPTION
/// - level: Linux
#[test]
fn mincore_reports_a_page_of_private_memory_as_resident_after_the_first_load_or_store_and_not_after_madv_dontneed()
 {
    let ended = scenario("mincore-memory", &scratch()).run();
    assert_eq!(ended.value("before"), "[false, false, false]");
    assert_eq!(ended.value("after-a-store"), "[false, true, false]");
    assert_eq!(ended.value("after-a-load"), "[true, true, false]");
    assert_eq!(ended.value("after-dontneed"), "[false, false, false]");
}

/// If a forked child touches a page of shared memory, `mincore` reports the page as resident to
/// its parent, which has not touched it.
///
/// - call: `mincore`, edge
/// - source: mm/mincore.c, mincore_page
/// - level: observed
#[test]
fn if_a_forked_child_touches_a_page_of_shared_memory_mincore_reports_the_page_as_resident_to_its_parent_which_has_not_touched_it()
 {
    let ended = scenario("mincore-child", &scratch()).run();
    assert_eq!(ended.value("shared"), "[false, true]");
    assert_eq!(ended.value("private"), "[false, false]", "a page of the child's own");
}

/// After `mlock`, `mincore` reports every page of the file as resident.
///
/// - call: `mincore`, success
/// - source: mlock(2), DESCRIPTION; mincore(2), DESCRIPTION
/// - level: Linux
#[test]
fn after_mlock_mincore_reports_every_page_of_the_file_as_resident() {
    let ended = scenario("mincore-locked", &scratch()).run();
    assert_eq!(ended.value("before"), "[false, false, false, false]", "holes");
    assert_eq!(ended.value("after"), "[true, true, true, true]");
}

/// `mincore` with length 0 succeeds at the start of a page, mapped or not, and fails with `EINVAL`
/// inside a page.
///
/// - call: `mincore`, edge
/// - source: mm/mincore.c, mincore
/// - level: observed
#[test]
fn mincore_with_length_0_succeeds_at_the_start_of_a_page_mapped_or_not_and_fails_with_einval_inside_a_page()
 {
    let ended = scenario("mincore-nothing", &scratch()).run();
    assert_eq!((ended.value("mapped"), ended.value("unmapped")), ("success", "success"));
    assert_eq!(ended.value("inside-a-page"), "EINVAL");
}

/// `mincore` of addresses where nothing is mapped fails with `ENOMEM`.
///
/// - call: `mincore`, error
/// - source: mincore(2), ERRORS
/// - level: Linux
#[test]
fn mincore_of_addresses_where_nothing_is_mapped_fails_with_enomem() {
    let ended = scenario("mincore-nothing", &scratch()).run();
    assert_eq!(ended.value("a-page-unmapped"), "ENOMEM");
    assert_eq!(ended.value("a-page-mapped"), "success");
}
