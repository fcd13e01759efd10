//! A file that is on the disk only. Before each measurement its pages are put out of the page cache,
//! this file's alone: the machine's whole cache (drop_caches, root's) is everybody's. What the disk
//! itself has cached stays.

use common::{Context, Failure, Result};
use memmap2::Advice;

use crate::Extent;
use crate::group::{Ground, Group, Turn, measure as cost};
use crate::memory::Memory;
use crate::method::{Bytes, Method};
use crate::own_file::OwnFile;
use crate::space::Notes;

/// A disk is slow, and after some windows of readahead nothing new happens.
const MOST: usize = 32 << 20;

const METHODS: [Method; 9] = [
    Method::Memory,
    Method::Read(64 << 10),
    Method::Read(1 << 20),
    Method::Mapped(None),
    Method::Populated,
    Method::Mapped(Some(Advice::WillNeed)),
    Method::Mapped(Some(Advice::Sequential)),
    Method::Mapped(Some(Advice::Random)),
    Method::Mapped(Some(Advice::HugePage)),
];

/// Lets the methods that differ count the beginning of a cold file; `None` where there is no cold.
///
/// # Errors
/// The methods' own; a refusal if the file's pages stay although they went before.
pub(crate) fn measure(
    (file_system, written_in): &(&'static str, String),
    memory: &Memory,
    file: &OwnFile,
    extent: Extent,
    notes: &mut Notes,
) -> Result<Option<Group>> {
    if !is_evicted(file)? {
        let reason = "its pages stay in memory when they are asked to go";
        notes.say(format!("no cold file on {file_system}: {reason}"))?;
        return Ok(None);
    }
    let bytes = memory.len().min(MOST);
    let ground = Ground {
        what: "one pass",
        file_system,
        written_in: written_in.clone(),
        state: "cold",
        bytes,
        operations: None,
    };
    let turns = METHODS.map(|method| {
        Turn::new(&method.name(), method.side(), move || {
            if !is_evicted(file)? {
                let sentence = "its pages do not leave the page cache any more";
                return Err(Failure::refusal("evict", file_system.as_ref(), sentence));
            }
            let from = Bytes { memory, file: file.again()?, mapped: None };
            cost(|| method.count(&from, 0..bytes).step(&method.name()))
        })
    });
    Group::of(ground, extent.cold_rounds, turns.into()).map(Some)
}

/// Puts the file out of the page cache; whether it went. A page that the kernel has in its hands at
/// that moment stays: it is asked some times.
fn is_evicted(file: &OwnFile) -> Result<bool> {
    for _ in 0..5 {
        file.evict().step("posix_fadvise")?;
        let mapping = file.map(0..file.len(), false).step("mmap")?;
        if mapping.cached().step("mincore")? == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
