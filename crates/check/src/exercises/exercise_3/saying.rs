//! What a call writes, and what it says about the disk, in words.

use common::{Context, Failure};
use nix::unistd::Pid;
use tracer::{Call, MECHANISM, memory};

use crate::disk::Flush;

/// The bytes that a `write` or `writev` is about to write; none for other calls.
pub(super) fn bytes_of(pid: Pid, call: &Call) -> common::Result<Vec<u8>> {
    /// A line is short; a length that a program passes may be any number.
    const MOST: u64 = 1 << 20;
    let [_, start, length, ..] = call.arguments;
    let at = |start: u64, length: u64| {
        let (start, length) = (usize::try_from(start), usize::try_from(length.min(MOST)));
        let (Ok(start), Ok(length)) = (start, length) else { return Ok(Vec::new()) };
        let seen = memory(pid, start, length).step(MECHANISM)?;
        Ok::<_, Failure>(seen.unwrap_or_default()) // Not mapped: then the call fails, too.
    };
    match call.number {
        libc::SYS_write => at(start, length),
        libc::SYS_writev => {
            let vectors = at(start, length.min(MOST >> 10).saturating_mul(16))?;
            let number =
                |bytes: &[u8]| bytes.try_into().map(u64::from_ne_bytes).unwrap_or_default();
            let part = |vector: &[u8]| {
                let (start, length) = vector.split_at(8);
                at(number(start), number(length))
            };
            let parts = vectors.chunks_exact(16).map(part).collect::<common::Result<Vec<_>>>()?;
            Ok(parts.concat())
        }
        _ => Ok(Vec::new()),
    }
}

/// A call that a program may believe to flush, and what it did for FILE.
pub(super) fn about_the_disk(call: &Call, flush: Option<&Flush>) -> Option<String> {
    let [_, length, flags, ..] = call.arguments;
    let name = match call.number {
        libc::SYS_msync => {
            let flags = match i32::try_from(flags) {
                Ok(libc::MS_SYNC) => "MS_SYNC".into(),
                Ok(libc::MS_ASYNC) => "MS_ASYNC".into(),
                _ => format!("{flags:#x}"),
            };
            format!("msync(…, {length}, {flags})")
        }
        libc::SYS_fsync => "fsync".into(),
        libc::SYS_fdatasync => "fdatasync".into(),
        libc::SYS_sync_file_range => "sync_file_range".into(),
        libc::SYS_sync => "sync".into(),
        libc::SYS_syncfs => "syncfs".into(),
        _ => return None,
    };
    let did = match (call.result, flush) {
        (Some(0), Some(flush)) => what(flush),
        (Some(0), None) => "returned 0 and flushed nothing of FILE".into(),
        (Some(result), _) => format!(
            "failed: {}",
            std::io::Error::from_raw_os_error(i32::try_from(-result).unwrap_or_default())
        ),
        (None, _) => "did not return".into(),
    };
    Some(format!("{name}, which {did}"))
}

fn what(flush: &Flush) -> String {
    let part = |range: &std::ops::Range<usize>| match range.end {
        usize::MAX => "all bytes of FILE".to_owned(),
        end => format!("the bytes {} to {} of FILE", range.start, end - 1),
    };
    let mut parts: Vec<_> = flush.ranges.iter().map(part).collect();
    if flush.name {
        parts.push("its name".into());
    }
    match parts.is_empty() {
        true => "returned 0 and flushed nothing of FILE".into(),
        false => format!("flushed {}", parts.join(" and ")),
    }
}
