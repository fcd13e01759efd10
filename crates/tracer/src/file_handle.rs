//! A file's handle: what tells it from every other file that its file system has had.
//!
//! # Safety
//! The one call takes pointers to live memory of the size that the kernel is told, and keeps none.
#![expect(unsafe_code, reason = "name_to_handle_at, which no crate wraps")]

use std::ffi::{CString, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// `name_to_handle_at`: what tells a file from every other one that its file system has had; `None`
/// if the file system has no such handles, or the call is refused.
pub(crate) fn file_handle(path: &Path, follow: bool) -> Option<Vec<u8>> {
    /// `struct file_handle` with room for the longest.
    #[repr(C)]
    struct Handle {
        length: u32,
        kind: c_int,
        bytes: [u8; 128],
    }
    /// A handle to compare, not to open by (Linux 6.5): file systems have it that are not exported.
    const AT_HANDLE_FID: c_int = 0x200;
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    let flags = if follow { libc::AT_SYMLINK_FOLLOW } else { 0 };
    [flags, flags | AT_HANDLE_FID].into_iter().find_map(|flags| {
        let mut handle = Handle { length: 128, kind: 0, bytes: [0; 128] };
        let (mut mount, place) = (0_u64, &raw mut handle); // An int, or more by another flag.
        // SAFETY: the path ends with a NUL; the kernel writes at most `length` bytes after the
        // handle's head, and the mount's number, to locals that are as large.
        let done = unsafe {
            let (at, path) = (libc::AT_FDCWD, path.as_ptr());
            libc::syscall(libc::SYS_name_to_handle_at, at, path, place, &raw mut mount, flags)
        };
        let length = usize::try_from(handle.length).ok()?;
        (done == 0).then(|| handle.bytes.get(..length).map(<[u8]>::to_vec)).flatten()
    })
}
