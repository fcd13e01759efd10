//! One store: what the instruction is, and how to let it happen.

use std::io;

use iced_x86::{Code, Decoder, DecoderOptions, InstructionInfoFactory, Mnemonic, OpAccess};

use super::registers::Registers;
use super::space::Space;
use super::task::{self, Fault};
use nix::unistd::Pid;

/// The widest store that one instruction makes: a vector register of 512 bits.
const WIDEST: usize = 64;

/// What kind of store an instruction makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Other processors can come between its load, if it has one, and its store.
    Plain,
    /// Load and store are one: LOCK, or `xchg` with memory.
    Locked,
    /// `rep movs`, `rep stos`: many stores, one iteration a step.
    Repeated,
}

/// A store that a task is about to make.
pub(super) struct Store {
    pub(super) kind: Kind,
    /// How many bytes one step of it stores.
    pub(super) size: usize,
    /// The instruction's address.
    pub(super) at: u64,
    /// How many iterations are left, of a repeated one.
    pub(super) iterations: u64,
}

/// What a store did.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
}

/// Decodes the instruction that a task stands at.
pub(super) fn decode(tid: Pid, space: &Space) -> Result<Store, Fault> {
    const LONGEST_INSTRUCTION: usize = 15;
    let Registers { at, iterations, bits, .. } = Registers::of(tid)?;
    let code = space.code(at, LONGEST_INSTRUCTION)?;
    let mut decoder = Decoder::with_ip(bits, &code, at, DecoderOptions::NONE);
    let instruction = decoder.decode();
    if instruction.code() == Code::INVALID {
        return Err(io::Error::other("an instruction that cannot be decoded stored").into());
    }
    let mut factory = InstructionInfoFactory::new();
    let memory = factory.info(&instruction).used_memory();
    let writes = |access| {
        use OpAccess::{CondWrite, ReadCondWrite, ReadWrite, Write};
        matches!(access, Write | CondWrite | ReadWrite | ReadCondWrite)
    };
    let sizes = memory.iter().filter(|used| writes(used.access()));
    let size = sizes.map(|used| used.memory_size().size()).max().unwrap_or(0);
    let repeats = instruction.has_rep_prefix() || instruction.has_repne_prefix();
    let kind = if repeats && instruction.is_string_instruction() {
        Kind::Repeated
    } else if instruction.has_lock_prefix() || instruction.mnemonic() == Mnemonic::Xchg {
        Kind::Locked
    } else {
        Kind::Plain
    };
    let size = if (1..=WIDEST).contains(&size) { size } else { WIDEST };
    Ok(Store { kind, size, at, iterations })
}

/// Lets a store happen, and leaves the pages lifted.
pub(super) fn perform(
    tid: Pid,
    space: &mut Space,
    address: u64,
    size: usize,
) -> Result<Done, Fault> {
    space.lift(tid)?;
    let before = space.read(address, size)?;
    task::step(tid)?;
    let after = space.read(address, size)?;
    Ok(Done { before, after })
}

/// Lets `count` iterations of a repeated store happen, of those that are left.
pub(super) fn perform_some(
    tid: Pid,
    space: &mut Space,
    address: u64,
    store: &Store,
    count: u64,
) -> Result<Done, Fault> {
    space.lift(tid)?;
    let size = store.size.saturating_mul(usize::try_from(count).unwrap_or(usize::MAX));
    let size = size.min(common::page_size());
    let before = space.read(address, size)?;
    for _ in 0..count {
        task::step(tid)?;
    }
    let after = space.read(address, size)?;
    Ok(Done { before, after })
}
