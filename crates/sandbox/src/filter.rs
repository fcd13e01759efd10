//! A seccomp filter: the few calls by which a program could leave the judge's sight.
//!
//! Calls of another architecture's table (`int 0x80`, x32) have other numbers: refused, ENOSYS.
//! `clone3` hides its flags from the filter: refused, ENOSYS, upon which the C library takes
//! `clone`. `CLONE_UNTRACED` would make a child that nobody follows, tracing one that somebody
//! else does: refused, EPERM.
//!
//! # Safety
//! The filter is an array that outlives the call that installs it; the kernel takes a copy.
#![expect(unsafe_code, reason = "PR_SET_SECCOMP takes a pointer")]

use std::io;

use tracer::arch;

/// Installs the filter in this process, for good. Needs `no_new_privs`.
pub(crate) fn install() -> io::Result<()> {
    use std::mem::offset_of;
    const NUMBER: usize = offset_of!(libc::seccomp_data, nr);
    const ARCHITECTURE: usize = offset_of!(libc::seccomp_data, arch);
    const FLAGS: usize = offset_of!(libc::seccomp_data, args); // Of clone; the low half comes first.
    const UNTRACED: u32 = libc::CLONE_UNTRACED.cast_unsigned();
    let number = |call: libc::c_long| u32::try_from(call).unwrap_or(u32::MAX);
    let mut program = [
        load(ARCHITECTURE),
        jump(libc::BPF_JEQ, arch::AUDIT_ARCHITECTURE, 0, 9), // To ENOSYS.
        load(NUMBER),
        jump(libc::BPF_JGE, arch::FOREIGN_NUMBERS, 7, 0), // To ENOSYS.
        jump(libc::BPF_JEQ, number(libc::SYS_clone3), 6, 0), // To ENOSYS.
        jump(libc::BPF_JEQ, number(tracer::SYS_TRACE), 3, 0), // To EPERM.
        jump(libc::BPF_JEQ, number(libc::SYS_clone), 0, 3), // Else to ALLOW.
        load(FLAGS),
        jump(libc::BPF_JSET, UNTRACED, 0, 1), // Else to ALLOW.
        answer(libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned()),
        answer(libc::SECCOMP_RET_ALLOW),
        answer(libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned()),
    ];
    let length = u16::try_from(program.len()).map_err(io::Error::other)?;
    let filter = libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
    let mode = libc::SECCOMP_MODE_FILTER;
    // SAFETY: `filter` points to `length` instructions in `program`, which lives until the end.
    let done = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const filter) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn load(offset: usize) -> libc::sock_filter {
    let offset = u32::try_from(offset).unwrap_or(u32::MAX);
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0)
}

fn jump(test: u32, with: u32, yes: u8, no: u8) -> libc::sock_filter {
    instruction(libc::BPF_JMP | test | libc::BPF_K, with, yes, no)
}

fn answer(value: u32) -> libc::sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, value, 0, 0)
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    libc::sock_filter { code: u16::try_from(code).unwrap_or(u16::MAX), jt, jf, k }
}
