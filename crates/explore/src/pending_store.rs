//! A pending store: it has trapped, and has not yet happened.

use tracer::arch::{self, StoreForm, StoreInstruction};
use tracer::{Error, Syscall, Tracee};

use crate::cannot_follow::CannotFollow;
use crate::watched_memory::WatchedMemory;

/// What an actor was stopped before. When it goes on, the store is committed; if it is killed, the
/// store is discarded.
#[derive(Debug)]
pub(crate) enum PendingStore {
    /// The instruction itself: a locked one, or a string instruction.
    /// `seen` is what was there when its actor was stopped.
    Instruction { address: u64, seen: Option<Vec<u8>> },
    /// The bytes of a plain store, whose load is done: as if they waited in the store buffer. `seen` is
    /// what was there at the load.
    Bytes {
        address: u64,
        bytes: Vec<u8>,
        seen: Vec<u8>,
        form: StoreForm,
        /// The call for which the kernel stores them.
        call: Option<Syscall>,
    },
}

/// What a store did.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
}

/// Decodes the store at which a tracee is stopped.
pub(crate) fn decode(tracee: &Tracee, memory: &WatchedMemory) -> Result<StoreInstruction, Error> {
    let registers = tracee.registers()?;
    let code = memory.code(registers.at, arch::LONGEST_INSTRUCTION)?;
    let unknown = || CannotFollow::new("an instruction that the judge does not know stored");
    Ok(arch::decode_store(&code, &registers).ok_or_else(unknown)?)
}

/// A load from watched memory: where, and what was there.
pub(crate) struct Loaded {
    pub(crate) address: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Makes the load at which a tracee is stopped because it has no access to `address`. `None`: it is about to
/// store there.
pub(crate) fn perform_load(
    tracee: &mut Tracee,
    memory: &mut WatchedMemory,
    address: u64,
) -> Result<Option<Loaded>, Error> {
    let registers = tracee.registers()?;
    let code = memory.code(registers.at, arch::LONGEST_INSTRUCTION)?;
    let Some(found) = arch::decode_load(&code, &registers, address) else { return Ok(None) };
    // A page past the end of the file has no bytes. The load raises SIGBUS.
    let bytes = memory.read(found.address, found.size).unwrap_or_default();
    memory.allow_loads(tracee)?;
    step(tracee, memory)?;
    memory.protect(tracee)?;
    Ok(Some(Loaded { address: found.address, bytes }))
}

/// Makes a store, and leaves the pages unprotected.
pub(crate) fn perform(
    tracee: &mut Tracee,
    memory: &mut WatchedMemory,
    address: u64,
    size: usize,
) -> Result<Stored, Error> {
    memory.unprotect(tracee)?;
    let before = memory.read(address, size)?;
    step(tracee, memory)?;
    let after = memory.read(address, size)?;
    Ok(Stored { before, after })
}

/// Makes the next iterations of a string instruction, and leaves the pages unprotected: the first half
/// of them, or, if it `has_begun`, the others. Whether some are left.
pub(crate) fn perform_some(
    tracee: &mut Tracee,
    memory: &mut WatchedMemory,
    address: u64,
    has_begun: bool,
) -> Result<(Stored, bool), Error> {
    let StoreInstruction { size, iterations, .. } = decode(tracee, memory)?;
    let half = !has_begun && iterations > 1;
    let count = if half { iterations / 2 } else { iterations.max(1) };
    memory.unprotect(tracee)?;
    let size = size.saturating_mul(usize::try_from(count).unwrap_or(usize::MAX));
    let size = size.min(common::page_size());
    let before = memory.read(address, size)?;
    for _ in 0..count {
        step(tracee, memory)?;
    }
    let after = memory.read(address, size)?;
    Ok((Stored { before, after }, half))
}

/// Executes the instruction. If it raises a signal, as beyond the end of the file, the pages are
/// protected again: what the program does next is seen.
fn step(tracee: &mut Tracee, memory: &mut WatchedMemory) -> Result<(), Error> {
    let stepped = tracee.step();
    if matches!(stepped, Err(Error::Signal(_))) {
        memory.protect(tracee)?;
    }
    stepped
}

impl Stored {
    /// The same without the words at both ends that stayed as they were, of which a masked store has many;
    /// and how many bytes were left out before the others.
    pub(crate) fn trimmed(self) -> (Self, u64) {
        const WORD: usize = 4;
        let pairs = self.before.chunks(WORD).zip(self.after.chunks(WORD));
        let changed: Vec<usize> = pairs
            .enumerate()
            .filter_map(|(number, (before, after))| (before != after).then_some(number * WORD))
            .collect();
        let (Some(first), Some(last)) = (changed.first(), changed.last()) else {
            return (self, 0);
        };
        let part = |bytes: &[u8]| bytes[*first..bytes.len().min(last + WORD)].to_vec();
        (Self { before: part(&self.before), after: part(&self.after) }, *first as u64)
    }
}

/// Commits the bytes of a plain store.
pub(crate) fn commit_bytes(
    tracee: &mut Tracee,
    memory: &mut WatchedMemory,
    address: u64,
    bytes: Vec<u8>,
) -> Result<Stored, Error> {
    memory.unprotect(tracee)?;
    let before = memory.read(address, bytes.len())?;
    memory.write(address, &bytes)?;
    Ok(Stored { before, after: bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(before: &[u8], after: &[u8]) -> (Vec<u8>, Vec<u8>, u64) {
        let (stored, left_out) = Stored { before: before.into(), after: after.into() }.trimmed();
        (stored.before, stored.after, left_out)
    }

    #[test]
    fn of_a_masked_store_the_words_at_its_ends_that_stayed_are_left_out() {
        let (before, mut after) = ([1; 16], [1; 16]);
        after[9] = 2;
        assert_eq!(trimmed(&before, &after), (vec![1; 4], vec![1, 2, 1, 1], 8));
        after[2] = 3;
        assert_eq!(trimmed(&before, &after), (vec![1; 12], after[..12].to_vec(), 0));
    }

    #[test]
    fn a_masked_store_that_changes_nothing_stays_whole() {
        assert_eq!(trimmed(&[1; 16], &[1; 16]), (vec![1; 16], vec![1; 16], 0));
    }

    #[test]
    fn the_last_word_of_a_masked_store_may_be_cut_by_the_end_of_the_mapping() {
        assert_eq!(trimmed(&[1; 6], &[1, 1, 1, 1, 1, 2]), (vec![1, 1], vec![1, 2], 4));
    }
}
