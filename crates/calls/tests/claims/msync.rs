//! `msync`.

use course::scratch;

use crate::scenario;

/// `MS_INVALIDATE` fails with `EBUSY` also if `MAP_LOCKED`, `mlock2` with `MLOCK_ONFAULT` or
/// `mlockall` has locked the pages, and succeeds after `munlockall`.
///
/// - call: `msync`, error
/// - source: msync(2), ERRORS
/// - level: POSIX
#[test]
fn ms_invalidate_fails_with_ebusy_also_if_map_locked_mlock2_with_mlock_onfault_or_mlockall_has_locked_the_pages_and_succeeds_after_munlockall()
 {
    let ended = scenario("msync-locked", &scratch()).run();
    for how in ["map-locked", "mlock-onfault", "mlockall-future"] {
        // MS_INVALIDATE alone, with MS_SYNC, with MS_ASYNC; then the two without it.
        assert_eq!(ended.value(how), "EBUSY EBUSY EBUSY success success", "{how}");
    }
    for how in ["not-locked", "munlockall"] {
        assert_eq!(ended.value(how), ["success"; 5].join(" "), "{how}");
    }
}
