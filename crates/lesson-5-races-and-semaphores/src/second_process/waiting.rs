//! How to find out that another process has begun to wait, without guessing a time.

use std::{fs, io, path::PathBuf, time::Duration, time::Instant};

use common::{Context, Result};
use nix::poll::{PollTimeout, poll};

/// Returns once `process` sleeps inside the system call with this number (`libc::SYS_fcntl`).
///
/// `/proc/PID/syscall` names the call while the process sleeps or is stopped in it. No event announces that
/// moment, so this reads the file once a millisecond, for ten seconds at most.
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
    let path = PathBuf::from(format!("/proc/{process}/syscall"));
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let line = fs::read_to_string(&path).step_on("read", &path)?;
        let call = line.split(' ').next().and_then(|number| number.parse().ok());
        if let Some(call) = call.filter(|call| calls.contains(call)) {
            return Ok(call);
        }
        if Instant::now() > deadline {
            return Err(io::Error::from(io::ErrorKind::TimedOut)).step_on("wait by", &path);
        }
        poll(&mut [], PollTimeout::from(1u8)).step("poll")?;
    }
}
