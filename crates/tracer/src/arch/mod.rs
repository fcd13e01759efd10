//! What depends on the architecture: registers, system call numbers, and the decoding of stores.
//!
//! Each architecture is a file with the same items. To add one, write that file, and choose it here.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub use aarch64::*;
#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

/// The numbers of calls for which the libc crate has no name. They are the same on every architecture.
pub mod newer {
    /// Wakes those that sleep on a word, since Linux 6.7.
    pub const SYS_FUTEX_WAKE: i64 = 454;
    /// Sleeps while a word has a value, since Linux 6.7.
    pub const SYS_FUTEX_WAIT: i64 = 455;
    /// Wakes some, and moves the others to another word, since Linux 6.7.
    pub const SYS_FUTEX_REQUEUE: i64 = 456;
}

/// What kind of store an instruction makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// Other processes can come between its load, if it has one, and its store.
    Plain,
    /// Load and store are one step: on x86-64, LOCK, or `xchg` with memory.
    Locked,
    /// A mask says which bytes of a vector it stores; it loads nothing.
    Masked,
    /// Many stores by one instruction, one iteration a step: `rep movs`, `rep stos`.
    Repeated,
}

/// What an instruction stores, in terms of what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreForm {
    /// A value that it brings along.
    Store,
    /// A value that it computes from the one that it loads there, such as `add` or `or` to memory.
    Update {
        /// What it adds, of an addition or a subtraction: the low bytes are those of what it stores.
        adds: Option<u64>,
    },
    /// A value that it brings along; it also loads the old one: `xchg`.
    Exchange {
        /// What it brings along, as its low bytes.
        stores: Option<u64>,
    },
    /// The same, only if the old value is an expected one: `cmpxchg`.
    CompareExchange {
        /// What must be there, and what it then stores, as their low bytes. `None`: of more than 8 bytes.
        swap: Option<Swap>,
    },
}

/// What a compare-and-exchange brings along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swap {
    /// What must be there, so that it stores at all.
    pub expects: u64,
    /// What it stores.
    pub stores: u64,
}

/// A load that a tracee is about to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadInstruction {
    /// The first byte's address.
    pub address: u64,
    /// How many bytes.
    pub size: usize,
}

/// A store that a tracee is about to make.
#[derive(Clone, Copy, Debug)]
pub struct StoreInstruction {
    /// Which kind.
    pub kind: StoreKind,
    /// What it stores.
    pub form: StoreForm,
    /// How many bytes one step of it stores.
    pub size: usize,
    /// The instruction's address.
    pub at: u64,
    /// How many iterations are left, of a repeated one.
    pub iterations: u64,
}
