//! FILE as it was.

use std::fs::{File, FileTimes, Permissions};
use std::io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use common::{Context, page_size};
use nix::unistd::Pid;
use tracer::{Call, FileId};

use super::copies::is_only_shared;
use super::sample::{preview, sample, with_hashes};
use crate::exercises::CheckContext;
use crate::expect::complaint;
use crate::observe::{NoopObserver, Observer};
use crate::verdict::{Finding, Verdict, failed};

const SHARED: &str =
    "FILE is mapped with MAP_SHARED and PROT_WRITE: a store in this mapping is one in FILE";

/// The bytes, the length, and the time of modification, which was long ago.
pub(super) fn untouched(context: &mut CheckContext) -> Verdict {
    let (file, content) = old_file(context)?;
    let before = file.metadata().step("fstat")?;
    let id = FileId::of(&file).step("fstat")?;
    let path = context.work_directory().path().join("FILE");
    let mut touches = Touches { seen: stamp(&path)?, path, by: None };
    let run = context.observe(&preview(context, b'#', b'*'), &mut touches)?;
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
    let by = touches.by.map(|by| format!(". {by}")).unwrap_or_default();
    let seen = match same {
        true => format!("it is another{by}"),
        false => format!("another file has its name{by}"),
    };
    failed("file-touched", expected, seen)
}

/// What shows that FILE was touched or replaced: its inode, and when it was modified last. `None`: the judge finds none there.
type Stamp = Option<(u64, i64, i64)>;

fn stamp(path: &Path) -> common::Result<Stamp> {
    match std::fs::symlink_metadata(path) {
        // The program may have removed it, or closed the directory.
        Err(error) if matches!(error.kind(), NotFound | PermissionDenied | NotADirectory) => {
            Ok(None)
        }
        found => {
            found.step_on("lstat", path).map(|of| Some((of.ino(), of.mtime(), of.mtime_nsec())))
        }
    }
}

/// The observer: which call touches FILE first.
struct Touches {
    path: PathBuf,
    seen: Stamp,
    by: Option<String>,
}

impl Touches {
    fn look(&mut self, by: impl FnOnce() -> String) -> Verdict {
        if self.by.is_none() && stamp(&self.path)? != self.seen {
            self.by = Some(by());
        }
        Ok(())
    }
}

impl Observer for Touches {
    fn entry(&mut self, _pid: Pid, _call: &Call) -> Verdict {
        self.look(|| "No call did it: it was a store through a shared mapping".into())
    }

    fn exit(&mut self, _pid: Pid, call: &Call) -> Verdict {
        self.look(|| format!("The call that did it: {}", call.name()))
    }
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
