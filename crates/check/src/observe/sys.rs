//! The parts of `PTRACE_GET_SYSCALL_INFO`'s answer, which is a union.
//!
//! # Safety
//! Each member of the union is numbers only, so that any bytes are a value of it; `op`, which the
//! caller has looked at, says which one the kernel has filled.
#![expect(unsafe_code, reason = "a union's members")]

use libc::{
    __c_anonymous_ptrace_syscall_info_entry as Entry,
    __c_anonymous_ptrace_syscall_info_exit as Exit, ptrace_syscall_info,
};

/// What is told at a call's entry.
pub(super) fn entry(information: &ptrace_syscall_info) -> Entry {
    // SAFETY: numbers only; the caller has seen PTRACE_SYSCALL_INFO_ENTRY.
    unsafe { information.u.entry }
}

/// What is told at a call's exit.
pub(super) fn exit(information: &ptrace_syscall_info) -> Exit {
    // SAFETY: numbers only; the caller has seen PTRACE_SYSCALL_INFO_EXIT.
    unsafe { information.u.exit }
}
