//! Registers and stores of arm64: stores are not trapped yet, so nothing here is reached; who asks
//! nevertheless is refused by `ErrorKind::Unsupported`.

use std::convert::Infallible;
use std::io;
use std::ops::RangeInclusive;

use nix::unistd::Pid;

use super::{LoadInstruction, StoreInstruction};

/// Whether a store can be trapped and then made on its own.
pub const TRAPS_STORES: bool = false;
/// What seccomp calls this architecture.
pub const AUDIT_ARCHITECTURE: u32 = 0xC000_00B7;
/// No call number belongs to another table.
pub const FOREIGN_NUMBERS: u32 = u32::MAX;
/// Calls of which it is known where they store: those up to `rseq`, and the newer ones up to `mseal`.
pub const KNOWN_CALLS: [RangeInclusive<i64>; 2] =
    [libc::SYS_io_setup..=libc::SYS_rseq, libc::SYS_pidfd_send_signal..=libc::SYS_mseal];
/// The longest instruction, in bytes.
pub const LONGEST_INSTRUCTION: usize = 4;

/// How many words can be watched at a time.
pub const WATCHPOINTS: usize = 4;

/// Watchpoints are not set yet.
pub(crate) fn watch_words(_pid: Pid, _addresses: &[u64]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// As no watchpoints are set, none was hit.
pub(crate) fn accessed_words(_pid: Pid) -> io::Result<u8> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Calls that this architecture does not have: no call has these numbers.
#[expect(missing_docs, non_upper_case_globals, reason = "the names are those of libc")]
pub mod legacy {
    pub const SYS_alarm: i64 = -13;
    pub const SYS_epoll_wait: i64 = -14;
    pub const SYS_dup2: i64 = -15;
    pub const SYS_time: i64 = -16;
    pub const SYS_creat: i64 = -2;
    pub const SYS_link: i64 = -3;
    pub const SYS_open: i64 = -4;
    pub const SYS_pause: i64 = -5;
    pub const SYS_poll: i64 = -6;
    pub const SYS_rename: i64 = -7;
    pub const SYS_select: i64 = -8;
    pub const SYS_unlink: i64 = -9;
    pub const SYS_arch_prctl: i64 = -10;
    pub const SYS_fork: i64 = -11;
    pub const SYS_vfork: i64 = -12;
    pub const LOOKS: [i64; 0] = [];
}

/// A stopped tracee's registers, named by what they hold.
#[derive(Clone, Copy)]
pub struct Registers {
    /// The next instruction's address.
    pub at: u64,
    /// A system call's number before the call, its result after it.
    pub result: u64,
    /// The number of the call that the tracee is in; `u64::MAX` makes it none.
    pub call: u64,
    /// A system call's six arguments.
    pub arguments: [u64; 6],
    /// The top of the stack.
    pub stack: u64,
    /// How many iterations of a repeated instruction are left.
    pub iterations: u64,
    never: Infallible,
}

impl Registers {
    /// Those of a stopped tracee.
    ///
    /// # Errors
    /// Unsupported, always.
    pub fn of(_: Pid) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Gives them to a stopped tracee.
    ///
    /// # Errors
    /// None: there are no such registers.
    pub fn put(self, _: Pid) -> io::Result<()> {
        match self.never {}
    }

    /// All of them by their numbers in DWARF.
    #[must_use]
    pub fn by_dwarf(&self) -> [u64; DWARF_REGISTERS] {
        match self.never {}
    }

    pub(crate) fn repeat(&mut self, _: i64) {
        match self.never {}
    }
}

/// How many registers an unwinder of DWARF knows here: x0 to x30, `sp`, and the program counter.
pub const DWARF_REGISTERS: usize = 33;
/// The number of the stack pointer in DWARF.
pub const DWARF_STACK: usize = 31;
/// The number of the next instruction's address in DWARF.
pub const DWARF_NEXT: usize = 32;

/// The address of the syscall instruction (`svc`) before `next`.
#[must_use]
pub fn syscall_instruction(next: u64) -> u64 {
    const LENGTH: u64 = 4;
    next.wrapping_sub(LENGTH)
}

/// Decodes the instruction at which a tracee stands before an access: what it loads there.
#[must_use]
pub fn decode_load(_: &[u8], registers: &Registers, _: u64) -> Option<LoadInstruction> {
    match registers.never {}
}

/// Decodes the instruction at which a tracee stands before a store.
#[must_use]
pub fn decode_store(_: &[u8], registers: &Registers) -> Option<StoreInstruction> {
    match registers.never {}
}
