//! Scenarios of `msync`.

use common::{Context, Result, page_size, say};
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::MmapCall;
use libc::{MLOCK_ONFAULT, MS_ASYNC, MS_INVALIDATE, MS_SYNC};

use super::{Scenarios, file};
use crate::sys::{Reserved, mlock, msync};

pub(super) const SCENARIOS: Scenarios = &[("msync-locked", locked)];

fn locked() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let file = file::of_pages("file", 1)?;
    let call = MmapCall::shared(&file, page);
    let answers = || {
        let sync = |flags| outcome(msync::sync(range.address(0), page, flags));
        [MS_INVALIDATE, MS_INVALIDATE | MS_SYNC, MS_INVALIDATE | MS_ASYNC, MS_SYNC, MS_ASYNC]
            .map(sync)
            .join(" ")
    };
    range.map(0, call).step("mmap")?;
    say!("not-locked {}", answers())?;
    range.map(0, MmapCall { flags: call.flags | libc::MAP_LOCKED, ..call }).step("mmap")?;
    say!("map-locked {}", answers())?;
    range.map(0, call).step("mmap")?;
    mlock::lock_with(range.address(0), page, MLOCK_ONFAULT).step("mlock2")?;
    say!("mlock-onfault {}", answers())?;
    mlock::lock_all(libc::MCL_FUTURE).step("mlockall")?;
    range.map(0, call).step("mmap")?;
    say!("mlockall-future {}", answers())?;
    mlock::unlock_all().step("munlockall")?;
    say!("munlockall {}", answers())
}
