//! How to find out that another process has begun to wait, without guessing a time.

use std::{fs, io, path::PathBuf, time::Duration, time::Instant};

use common::{Context, Result};
use nix::poll::{PollTimeout, poll};

/// Returns once `process` sleeps inside the system call with this number (`libc::SYS_fcntl`).
///
/// No event announces that moment, so this looks once a millisecond, for ten seconds at most.
///
/// # Errors
/// `ENOENT` if the process is gone and was waited for, `EACCES` if this user may not look at it, `TimedOut`.
pub fn until_waiting_in(process: u32, call: libc::c_long) -> Result<()> {
    until_waiting_in_one_of(process, &[call]).map(drop)
}

/// The same for several system calls; returns the one in which the process sleeps.
///
/// # Errors
/// As [`until_waiting_in`].
pub fn until_waiting_in_one_of(process: u32, calls: &[libc::c_long]) -> Result<libc::c_long> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(call) = sleeps_in(process)?.filter(|call| calls.contains(call)) {
            return Ok(call);
        }
        if Instant::now() > deadline {
            let path = PathBuf::from(format!("/proc/{process}/syscall"));
            return Err(io::Error::from(io::ErrorKind::TimedOut)).step_on("wait by", &path);
        }
        poll(&mut [], PollTimeout::from(1u8)).step("poll")?;
    }
}

/// The system call in which a process sleeps; `None` if it does not sleep.
///
/// `/proc/PID/syscall` alone does not tell: it also names the call of a process that a tracer has stopped, and
/// of one that was woken and has not run yet. So the process must also be in the state S.
fn sleeps_in(process: u32) -> Result<Option<libc::c_long>> {
    let read = |name: &str| {
        let path = PathBuf::from(format!("/proc/{process}/{name}"));
        fs::read_to_string(&path).step_on("read", &path)
    };
    let line = read("syscall")?;
    let is_asleep = read("stat")?.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'));
    let is_same = read("syscall")? == line;
    let call = line.split(' ').next().and_then(|number| number.parse().ok());
    Ok(call.filter(|_| is_asleep && is_same))
}
