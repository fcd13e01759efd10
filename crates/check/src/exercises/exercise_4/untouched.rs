//! FILE as it was.

use std::fs::{File, FileTimes, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, SystemTime};

use common::{Context, page_size};
use tracer::FileId;

use super::copies::is_only_shared;
use super::sample::{preview, sample, with_hashes};
use crate::exercises::CheckContext;
use crate::expect::complaint;
use crate::observe::NoopObserver;
use crate::verdict::{Finding, Verdict, failed};

const SHARED: &str =
    "FILE is mapped with MAP_SHARED and PROT_WRITE: a store in this mapping is one in FILE";

/// The bytes, the length, and the time of modification, which was long ago.
pub(super) fn untouched(context: &mut CheckContext) -> Verdict {
    let (file, content) = old_file(context)?;
    let before = file.metadata().step("fstat")?;
    let id = FileId::of(&file).step("fstat")?;
    let run = context.observe(&preview(context, b'#', b'*'), &mut NoopObserver)?;
    run.lives()?;
    let found = context.read("FILE")?;
    if found != content {
        let at = content.iter().zip(&found).position(|(one, other)| one != other);
        let actual = match at {
            Some(at) => format!("byte {at} has changed"),
            None => format!("it has {} bytes", found.len()),
        };
        let expected = format!("the {} bytes of FILE are what they were", content.len());
        let shared = is_only_shared(&run, id).then(|| SHARED.to_owned());
        return Err(Finding::new("file-changed", expected, actual).details(shared).into());
    }
    // The descriptor is from before the run: a FILE that was replaced has another time.
    let now = context.open("FILE")?;
    let after = now.metadata().step("fstat")?;
    let time = |of: &std::fs::Metadata| (of.mtime(), of.mtime_nsec());
    let same = FileId::of(&now).step("fstat")? == FileId::of(&file).step("fstat")?;
    if same && time(&after) == time(&before) {
        return Ok(());
    }
    let expected = "FILE's time of modification is what it was (2001)";
    failed("file-touched", expected, "it is another")
}

/// Every descriptor of FILE is for reading only; and a FILE that cannot be opened otherwise is no
/// obstacle.
pub(super) fn opened_for_reading(context: &mut CheckContext) -> Verdict {
    let (file, _) = old_file(context)?;
    let id = FileId::of(&file).step("fstat")?;
    let run = context.observe(&preview(context, b'#', b'*'), &mut NoopObserver)?;
    run.succeeds()?;
    let expected = "FILE is opened with O_RDONLY";
    if run.opened(id).any(tracer::Opened::is_writable) {
        return failed("opened-for-writing", expected, "it is opened for writing, too");
    }
    file.set_permissions(Permissions::from_mode(0o444)).step("fchmod")?;
    let run = context.observe(&preview(context, b'#', b'*'), &mut NoopObserver)?;
    run.lives()?;
    if run.ending != tracer::Ending::Exited(0) {
        let said = complaint(&run.stderr.text());
        let actual = format!("of a FILE of mode 0444 it says {said}");
        return failed("opened-for-writing", expected, actual);
    }
    Ok(())
}

fn old_file(context: &CheckContext) -> Verdict<(File, Vec<u8>)> {
    let content = with_hashes(sample(2, 10), &[3, page_size() + 1, 2 * page_size() + 9]);
    let file = context.work_directory().write("FILE", &content)?;
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let times = FileTimes::new().set_modified(long_ago).set_accessed(long_ago);
    file.set_times(times).step("futimens")?;
    Ok((file, content))
}
