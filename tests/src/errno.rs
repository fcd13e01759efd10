//! The errno of a call that must fail.

use std::io;

use nix::errno::Errno;

/// The errno that a call failed with. It panics if the call succeeded, or if the program itself made
/// the error.
#[track_caller]
pub fn errno<T>(result: io::Result<T>) -> Errno {
    let error = result.err().expect("the call must fail");
    Errno::from_raw(error.raw_os_error().expect("the system must refuse it"))
}
