//! The registers of a stopped task, named by what they hold.
//!
//! Only x86-64 is known. Elsewhere nothing is stopped before its stores: `scenes::can_be_shown`
//! says no, and whoever asks here nevertheless is refused by `ErrorKind::Unsupported`.

use std::io;

use nix::unistd::Pid;

#[cfg(target_arch = "x86_64")]
type Raw = libc::user_regs_struct;
#[cfg(not(target_arch = "x86_64"))]
type Raw = std::convert::Infallible;

/// A stopped task's registers. What has no field here is put back as it was.
#[derive(Clone, Copy)]
pub(super) struct Registers {
    /// The next instruction's address.
    pub(super) at: u64,
    /// A system call's number before the call, its result after it.
    pub(super) result: u64,
    /// The number of the call that a task is in; `u64::MAX` makes it none.
    pub(super) call: u64,
    /// A system call's first three arguments.
    pub(super) arguments: [u64; 3],
    /// How many iterations of a repeated instruction are left.
    pub(super) iterations: u64,
    /// How wide the code is, in bits.
    pub(super) bits: u32,
    raw: Raw,
}

#[cfg(target_arch = "x86_64")]
impl Registers {
    /// Those of a stopped task.
    ///
    /// # Errors
    /// ESRCH: it was killed meanwhile.
    pub(super) fn of(tid: Pid) -> io::Result<Self> {
        const LONG_MODE: u64 = 0x33; // The code segment of 64-bit programs; 0x23 is the 32-bit ones'.
        let raw = nix::sys::ptrace::getregs(tid)?;
        Ok(Self {
            at: raw.rip,
            result: raw.rax,
            call: raw.orig_rax,
            arguments: [raw.rdi, raw.rsi, raw.rdx],
            iterations: raw.rcx,
            bits: if raw.cs == LONG_MODE { 64 } else { 32 },
            raw,
        })
    }

    /// Gives them to a stopped task, but for the iterations and the width.
    ///
    /// # Errors
    /// ESRCH: it was killed meanwhile.
    pub(super) fn put(self, tid: Pid) -> io::Result<()> {
        let [rdi, rsi, rdx] = self.arguments;
        let (rip, rax, orig_rax) = (self.at, self.result, self.call);
        Ok(nix::sys::ptrace::setregs(tid, Raw { rip, rax, orig_rax, rdi, rsi, rdx, ..self.raw })?)
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl Registers {
    pub(super) fn of(_: Pid) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn put(self, _: Pid) -> io::Result<()> {
        match self.raw {}
    }
}
