//! Redirects the stores that the kernel makes for a system call, such as `read` into watched memory.
//!
//! For the kernel the pages are read-only, too. So the call gets other memory of the process, its
//! redirect buffer, to store in. When it has returned, its bytes become stores like the program's own.
//! The pages stay protected all the time, however long the call waits.

use tracer::{Error, OutputBuffer, Pointer, Syscall, Tracee};

use crate::cannot_follow::CannotFollow;
use crate::watched_memory::{Region, WatchedMemory};

/// The most that a call may store.
const MOST: u64 = 16 << 20;

/// Bytes that are to be stored for a call.
#[derive(Debug)]
pub(crate) struct KernelStore {
    pub(crate) address: u64,
    pub(crate) bytes: Vec<u8>,
    /// The call for which the kernel stores them.
    pub(crate) call: Option<Syscall>,
}

/// A call whose output buffers were put elsewhere.
pub(crate) struct Redirected {
    call: Syscall,
    outputs: Vec<(OutputBuffer, StandIn)>,
}

/// Where an output buffer was put, and the bytes that were there before.
struct StandIn {
    address: u64,
    before: Vec<u8>,
}

/// The output buffers of a call that are in watched memory which the program may write, and how much memory
/// they take.
pub(crate) fn output_buffers(
    memory: &WatchedMemory,
    call: Syscall,
) -> Result<Vec<(OutputBuffer, u64)>, Error> {
    if memory.regions.iter().all(|region| !region.writable) {
        return Ok(Vec::new());
    }
    let all = call.output_buffers(|address| memory.word(address));
    // What is counted is counted over all buffers of a call, also those elsewhere.
    let counted = all.iter().any(|output| output.is_counted && touched(memory, output).is_some());
    let mut found = Vec::new();
    for output in all {
        let region = touched(memory, &output);
        if region.is_none() && !(counted && output.is_counted) {
            continue;
        }
        let rest = region.map_or(0, |region| region.end.saturating_sub(output.address));
        let size = output.length.unwrap_or(rest);
        let pointer_is_watched =
            matches!(output.pointer, Pointer::Word(at) if memory.region(at).is_some());
        if size > MOST || pointer_is_watched {
            return Err(cannot(call));
        }
        found.push((output, size));
    }
    Ok(found)
}

/// The region that the program may write and that an output buffer lies in, at least in part.
fn touched<'m>(memory: &'m WatchedMemory, output: &OutputBuffer) -> Option<&'m Region> {
    let end = output.address.saturating_add(output.length.unwrap_or(1));
    let mut regions = memory.regions.iter().filter(|region| region.writable);
    regions.find(|region| output.address < region.end && region.start < end)
}

/// What is said of a call whose stores cannot be seen.
pub(crate) fn cannot(call: Syscall) -> Error {
    CannotFollow::new(format!("the system call {} may store in FILE", call.name())).into()
}

impl Redirected {
    /// At the entry of a call: its output buffers are put into the redirect buffer, with what is there now.
    pub(crate) fn new(
        stopped: &mut Tracee,
        memory: &WatchedMemory,
        call: Syscall,
        outputs: Vec<(OutputBuffer, u64)>,
        buffer: u64,
    ) -> Result<Self, Error> {
        let mut next = buffer;
        let mut stand_ins = Vec::new();
        for (output, size) in outputs {
            let size_here = usize::try_from(size).map_err(std::io::Error::other)?;
            // As much as is mapped: the kernel, too, would store no further.
            let before = memory.code(output.address, size_here).unwrap_or_default();
            memory.write(next, &before)?;
            set_pointer(stopped, memory, output.pointer, next)?;
            stand_ins.push((output, StandIn { address: next, before }));
            next += size;
        }
        Ok(Self { call, outputs: stand_ins })
    }

    /// After the call: the pointers are as the program left them.
    pub(crate) fn put_back(
        &self,
        stopped: &mut Tracee,
        memory: &WatchedMemory,
    ) -> Result<(), Error> {
        for (output, _) in &self.outputs {
            set_pointer(stopped, memory, output.pointer, output.address)?;
        }
        Ok(())
    }

    /// What the call, which has returned `result`, has stored: each but the shortest in two parts, for
    /// the kernel copies byte by byte.
    pub(crate) fn stores(
        &self,
        memory: &WatchedMemory,
        result: i64,
    ) -> Result<Vec<KernelStore>, Error> {
        let mut left = usize::try_from(result).unwrap_or(0); // It failed: none.
        let mut stores = Vec::new();
        for (output, stand_in) in &self.outputs {
            let mut bytes = memory.code(stand_in.address, stand_in.before.len())?;
            let mut address = output.address;
            if output.is_counted {
                bytes.truncate(left);
                left -= bytes.len();
            } else {
                let differs = |at: &usize| bytes.get(*at) != stand_in.before.get(*at);
                let first = (0..bytes.len()).find(differs).unwrap_or(bytes.len());
                let last = (first..bytes.len()).rfind(differs).map_or(first, |last| last + 1);
                bytes = bytes.get(first..last).unwrap_or_default().to_vec();
                address += first as u64;
            }
            let end = address + bytes.len() as u64;
            let is_inside = |region: &Region| region.start <= address && end <= region.end;
            let outside = |region: &Region| end <= region.start || region.end <= address;
            if memory.regions.iter().all(outside) {
                memory.write(address, &bytes)?; // The program's own memory.
                continue;
            }
            if !memory.regions.iter().any(is_inside) {
                return Err(cannot(self.call));
            }
            let half = if bytes.len() > size_of::<u64>() { bytes.len() / 2 } else { bytes.len() };
            let second = bytes.split_off(half);
            for (address, bytes) in [(address, bytes), (address + half as u64, second)] {
                if !bytes.is_empty() {
                    stores.push(KernelStore { address, bytes, call: Some(self.call) });
                }
            }
        }
        // More than there is room for: not all of the pages are there.
        if left > 0 && self.outputs.iter().any(|(output, _)| output.is_counted) {
            return Err(cannot(self.call));
        }
        Ok(stores)
    }
}

fn set_pointer(
    stopped: &mut Tracee,
    memory: &WatchedMemory,
    pointer: Pointer,
    address: u64,
) -> Result<(), Error> {
    match pointer {
        Pointer::Argument(index) => stopped.set_argument(index, address),
        Pointer::Word(at) => Ok(memory.write(at, &address.to_ne_bytes())?),
    }
}
