//! All of a file, from the page cache: every method in turn.

use bench::cores;
use common::{Context, Result};
use memmap2::Advice;

use crate::Extent;
use crate::group::{Ground, Group, Side, Turn, measure as cost};
use crate::memory::Memory;
use crate::method::{Bytes, Method};
use crate::own_file::OwnFile;

/// Buffers of `read`, from the smallest that is worth a call to far more than a cache holds.
const BUFFERS: [usize; 6] = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20];
const WINDOWS: [usize; 2] = [2 << 20, 64 << 20];

/// Lets every method count a warm file.
///
/// # Errors
/// The methods' own.
pub(crate) fn measure(
    (file_system, written_in): &(&'static str, String),
    memory: &Memory,
    file: &OwnFile,
    extent: Extent,
) -> Result<Group> {
    let ground = Ground {
        what: "one pass",
        file_system,
        written_in: written_in.clone(),
        state: "warm",
        bytes: memory.len(),
        operations: None,
    };
    let mapped = file.map(0..file.len(), true).step("mmap")?;
    let bytes = |file| Bytes { memory, file, mapped: Some(&mapped) };
    let mut turns = Vec::new();
    for method in methods() {
        turns.push(Turn::new(&method.name(), method.side(), move || {
            let bytes = bytes(file.again()?);
            cost(|| method.count(&bytes, 0..memory.len()).step(&method.name()))
        }));
    }
    if cores()?.len() > 1 {
        for method in [Method::Memory, Method::Pread(1 << 20), Method::Mapped(None)] {
            let name = method.name() + "-two-threads";
            let measure = move || {
                let bytes = bytes(file.again()?);
                cost(|| method.count_by_two(&bytes).step(&method.name()))
            };
            turns.push(Turn { threads: 2, ..Turn::new(&name, method.side(), measure) });
        }
    }
    Group::of(ground, extent.rounds, turns)
}

fn methods() -> Vec<Method> {
    let mut methods = vec![Method::Memory];
    methods.extend(BUFFERS.map(Method::Read));
    methods.extend([64 << 10, 1 << 20].map(Method::Pread));
    methods.extend([Method::Mapped(None), Method::Populated]);
    let advice = [
        Advice::PopulateRead,
        Advice::WillNeed,
        Advice::Sequential,
        Advice::Random,
        Advice::HugePage,
    ];
    methods.extend(advice.map(|advice| Method::Mapped(Some(advice))));
    methods.extend(WINDOWS.map(Method::Windows));
    methods.push(Method::Again);
    methods
}

impl Method {
    /// Whose side it is on.
    pub(crate) fn side(self) -> Side {
        match self {
            Self::Memory => Side::Memory,
            Self::Read(_) | Self::Pread(_) => Side::Read,
            Self::Mapped(_) | Self::Populated | Self::Again | Self::Windows(_) => Side::Mapped,
        }
    }
}
