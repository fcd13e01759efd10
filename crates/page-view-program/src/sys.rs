//! The terminal's size.
//!
//! # Safety
//! The only unsafe code is one system call that writes a `winsize` into one of ours.
#![expect(unsafe_code, reason = "an ioctl that no crate here wraps")]

/// `ioctl(1, TIOCGWINSZ, …)`: columns and rows of the terminal on standard output, if it is one.
pub(crate) fn terminal_size() -> Option<(u16, u16)> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes one `struct winsize`, which `size` is.
    let result = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    (result == 0 && size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}
