//! `futex` and `futex_waitv`, which the C library does not offer.
//!
//! # Safety
//! Waiting, waking and requeueing change no memory: the kernel loads the word at an address, or
//! reports that it cannot. So these calls take any number as the address. `FUTEX_WAKE_OP` and the
//! calls for priority inheritance store to a word, atomically, and take a borrowed atomic.
#![expect(unsafe_code, reason = "calls that the C library does not offer")]

use std::io;
use std::ptr;
use std::sync::atomic::AtomicU32;

use libc::{c_int, c_long, timespec};

/// The number of `futex_waitv`, for which the libc crate has no name on every architecture.
pub const SYS_FUTEX_WAITV: c_long = 449;

/// `futex(address, FUTEX_WAIT | flags, expected, timeout)`: the timeout is a time from now.
///
/// # Errors
/// `EAGAIN` if the word is not `expected`; `ETIMEDOUT`, `EINTR`, `EINVAL`, `EFAULT`.
pub fn wait(
    address: usize,
    flags: c_int,
    expected: u32,
    timeout: Option<&timespec>,
) -> io::Result<()> {
    timed(address, libc::FUTEX_WAIT | flags, expected, timeout, 0)
}

/// `futex(address, FUTEX_WAIT_BITSET | flags, expected, deadline, bits)`: the deadline is a moment.
///
/// # Errors
/// Those of [`wait`]; `EINVAL` if no bit is set.
pub fn wait_bitset(
    address: usize,
    flags: c_int,
    expected: u32,
    deadline: Option<&timespec>,
    bits: u32,
) -> io::Result<()> {
    timed(address, libc::FUTEX_WAIT_BITSET | flags, expected, deadline, bits)
}

/// `futex(address, FUTEX_WAKE | flags, count)`: returns how many it woke.
///
/// # Errors
/// `EINVAL`, `EFAULT`.
pub fn wake(address: usize, flags: c_int, count: c_int) -> io::Result<c_long> {
    let operation = libc::FUTEX_WAKE | flags;
    // SAFETY: the call changes no memory of this process (see the preface).
    by_errno(unsafe { libc::syscall(libc::SYS_futex, address, operation, count) })
}

/// `futex(address, FUTEX_WAKE_BITSET, count, NULL, NULL, bits)`: returns how many it woke.
///
/// # Errors
/// Those of [`wake`]; `EINVAL` if no bit is set.
pub fn wake_bitset(address: usize, count: c_int, bits: u32) -> io::Result<c_long> {
    let (operation, none) = (libc::FUTEX_WAKE_BITSET, ptr::null::<u8>());
    // SAFETY: the call changes no memory of this process (see the preface).
    by_errno(unsafe { libc::syscall(libc::SYS_futex, address, operation, count, none, none, bits) })
}

/// `futex(from, FUTEX_REQUEUE, wake, move_at_most, to)`.
///
/// # Errors
/// `EINVAL`, `EFAULT`.
pub fn requeue(from: usize, to: usize, wake: c_int, move_at_most: usize) -> io::Result<c_long> {
    let operation = libc::FUTEX_REQUEUE;
    // SAFETY: the call changes no memory of this process (see the preface).
    by_errno(unsafe { libc::syscall(libc::SYS_futex, from, operation, wake, move_at_most, to) })
}

/// `futex(from, FUTEX_CMP_REQUEUE, wake, move_at_most, to, expected)`.
///
/// # Errors
/// `EAGAIN` if the word at `from` is not `expected`; those of [`requeue`].
pub fn compare_and_requeue(
    from: usize,
    to: usize,
    wake: c_int,
    move_at_most: usize,
    expected: u32,
) -> io::Result<c_long> {
    let operation = libc::FUTEX_CMP_REQUEUE;
    // SAFETY: the call changes no memory of this process (see the preface).
    by_errno(unsafe {
        libc::syscall(libc::SYS_futex, from, operation, wake, move_at_most, to, expected)
    })
}

/// `futex(first, FUTEX_WAKE_OP, count, count, second, operation)`: changes `second`, wakes up to
/// `count` sleepers at `first`, and as many at `second` if its old value passes the comparison.
///
/// # Errors
/// `ENOSYS` for an unknown operation.
pub fn wake_op(
    first: &AtomicU32,
    second: &AtomicU32,
    count: usize,
    operation: u32,
) -> io::Result<c_long> {
    let (first, second, call) = (first.as_ptr(), second.as_ptr(), libc::FUTEX_WAKE_OP);
    // SAFETY: both words are borrowed until the call returns; the kernel changes `second` atomically.
    by_errno(unsafe {
        libc::syscall(libc::SYS_futex, first, call, count, count, second, operation)
    })
}

/// `futex(word, FUTEX_LOCK_PI, NULL)`.
///
/// # Errors
/// `EDEADLK` if the caller owns it, `ESRCH` if there is no thread such as its owner, `EINVAL`.
pub fn lock_pi(word: &AtomicU32) -> io::Result<()> {
    priority_inheriting(word, libc::FUTEX_LOCK_PI)
}

/// `futex(word, FUTEX_TRYLOCK_PI)`.
///
/// # Errors
/// `EAGAIN` if another thread owns it; those of [`lock_pi`].
pub fn try_lock_pi(word: &AtomicU32) -> io::Result<()> {
    priority_inheriting(word, libc::FUTEX_TRYLOCK_PI)
}

/// `futex(word, FUTEX_UNLOCK_PI)`.
///
/// # Errors
/// `EPERM` if the caller does not own it.
pub fn unlock_pi(word: &AtomicU32) -> io::Result<()> {
    priority_inheriting(word, libc::FUTEX_UNLOCK_PI)
}

/// One of the words for which `futex_waitv` waits: `struct futex_waitv`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Waiter {
    expected: u64,
    address: u64,
    flags: u32,
    reserved: u32,
}

impl Waiter {
    /// Waits for the 32-bit word at `address` while it is `expected`.
    pub fn at(address: usize, expected: u32) -> Self {
        const FUTEX_32: u32 = 2;
        Self { expected: expected.into(), address: address as u64, flags: FUTEX_32, reserved: 0 }
    }
}

/// `futex_waitv(waiters, count, 0, NULL, 0)`: returns which word's sleeper was woken.
///
/// # Errors
/// `EAGAIN` if a word is not as expected; `EINVAL` for no word or more than 128; `EINTR`; `ENOSYS`
/// before Linux 5.16.
pub fn waitv(waiters: &[Waiter]) -> io::Result<c_long> {
    let (first, count, none) = (waiters.as_ptr(), waiters.len(), ptr::null::<timespec>());
    // SAFETY: the kernel reads `count` structures, which are borrowed until the call returns, and
    // loads the words that they name, or reports that it cannot.
    by_errno(unsafe { libc::syscall(SYS_FUTEX_WAITV, first, count, 0, none, 0) })
}

fn timed(
    address: usize,
    operation: c_int,
    expected: u32,
    time: Option<&timespec>,
    bits: u32,
) -> io::Result<()> {
    let time = time.map_or(ptr::null(), ptr::from_ref);
    let none = ptr::null::<u8>();
    // SAFETY: the kernel loads the word or reports that it cannot; it reads one timespec, which is
    // borrowed until the call returns, or none.
    let result =
        unsafe { libc::syscall(libc::SYS_futex, address, operation, expected, time, none, bits) };
    by_errno(result).map(drop)
}

fn priority_inheriting(word: &AtomicU32, operation: c_int) -> io::Result<()> {
    let (address, no_deadline) = (word.as_ptr(), ptr::null::<timespec>());
    // SAFETY: the word is borrowed until the call returns, and the kernel changes it atomically.
    by_errno(unsafe { libc::syscall(libc::SYS_futex, address, operation, 0, no_deadline) })
        .map(drop)
}

fn by_errno(result: c_long) -> io::Result<c_long> {
    if result >= 0 { Ok(result) } else { Err(io::Error::last_os_error()) }
}
