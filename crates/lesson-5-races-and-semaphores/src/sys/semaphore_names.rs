//! `sem_open`, `sem_close`, `sem_unlink`: semaphores that are found by a name. `cargo lesson-5` makes
//! one.
//!
//! # Safety
//! `sem_open`'s semaphore stays mapped until the matching `sem_close`, which `drop` calls, or
//! [`close`](Semaphore::close), which is then the last that happens to the value.
#![expect(unsafe_code, reason = "named semaphores, which no crate of ours wraps")]

use std::ffi::CString;
use std::io;

use libc::c_uint;

use super::{Semaphore, by_errno};

/// How `sem_open` is to make a semaphore that is not there.
#[derive(Clone, Copy)]
pub struct Create {
    /// Fail if it is there (`O_EXCL`).
    pub exclusive: bool,
    /// Its mode, from which the umask takes bits away.
    pub mode: libc::mode_t,
    /// Its first value.
    pub value: c_uint,
}

impl Semaphore {
    /// `sem_open(name, …)`: a semaphore with a name, which all who know the name share.
    ///
    /// # Errors
    /// `ENOENT`, `EEXIST`, `EACCES`, `EINVAL` (value or name), `ENAMETOOLONG`, `EMFILE`, `ENFILE`,
    /// `ENOMEM`; `InvalidInput` for a name with a NUL in it.
    pub fn open(name: &str, create: Option<Create>) -> io::Result<Self> {
        let name = CString::new(name)?;
        let flags = match create {
            None => 0,
            Some(Create { exclusive: false, .. }) => libc::O_CREAT,
            Some(Create { exclusive: true, .. }) => libc::O_CREAT | libc::O_EXCL,
        };
        let Create { mode, value, .. } =
            create.unwrap_or(Create { exclusive: false, mode: 0, value: 0 });
        // SAFETY: `name` ends in a NUL; mode and value are the two further arguments that the
        // call reads if O_CREAT is among the flags.
        let at = unsafe { libc::sem_open(name.as_ptr(), flags, mode, value) };
        match at == libc::SEM_FAILED {
            true => Err(io::Error::last_os_error()),
            false => Ok(Self { at, page: None }),
        }
    }

    /// `sem_close`, which a semaphore without a name refuses.
    ///
    /// # Errors
    /// `EINVAL` if `sem_open` did not make it.
    pub fn close(self) -> io::Result<()> {
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: the call looks the address up in its own table and uses it only if it is there;
        // `self` is used no more, neither by the caller nor by `drop`.
        by_errno(unsafe { libc::sem_close(this.at) })
    }
}

/// `sem_unlink(name)`: takes the name away; who has it open keeps the semaphore.
///
/// # Errors
/// `ENOENT`, `EACCES`, `ENAMETOOLONG`; `InvalidInput` for a name with a NUL in it.
pub fn unlink(name: &str) -> io::Result<()> {
    let name = CString::new(name)?;
    // SAFETY: `name` ends in a NUL.
    by_errno(unsafe { libc::sem_unlink(name.as_ptr()) })
}
