//! Eight bytes, anywhere, from the page cache: where a mapping that is there already wins by far.

use std::io;
use std::os::unix::fs::FileExt;

use common::{Context, Result};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::Extent;
use crate::group::{Ground, Group, Side, Turn, measure as cost};
use crate::memory::Memory;
use crate::own_file::OwnFile;

const WORD: usize = size_of::<u64>();

/// Reads words at the same places in memory, by `pread`, through a mapping that was there before,
/// and through one that was not.
///
/// # Errors
/// The calls' own.
pub(crate) fn measure(
    (file_system, written_in): &(&'static str, String),
    memory: &Memory,
    file: &OwnFile,
    extent: Extent,
) -> Result<Group> {
    let words = (memory.len() / WORD).max(1);
    let mut random = StdRng::seed_from_u64(8);
    let places: Vec<usize> =
        (0..extent.random_reads).map(|_| random.random_range(0..words) * WORD).collect();
    let ground = Ground {
        what: "random 8-byte reads",
        file_system,
        written_in: written_in.clone(),
        state: "warm",
        bytes: places.len() * WORD,
        operations: Some(places.len()),
    };
    let mapped = file.map(0..file.len(), true).step("mmap")?;
    let in_place = |bytes: &[u8]| sum(&places, |place| Ok(word(bytes, place)));
    let by_pread = || {
        sum(&places, |place| {
            let mut bytes = [0; WORD];
            file.file().read_at(&mut bytes, place as u64)?; // The last word may be a shorter one.
            Ok(u64::from_ne_bytes(bytes))
        })
    };
    let turns = vec![
        Turn::new("random-memory", Side::Memory, || cost(|| in_place(memory))),
        Turn::new("random-pread", Side::Read, || cost(by_pread)),
        Turn::new("random-mapped", Side::Mapped, || cost(|| in_place(&mapped))),
        Turn::new("random-mapped-anew", Side::Mapped, || {
            cost(|| in_place(&file.map(0..file.len(), false).step("mmap")?))
        }),
    ];
    Group::of(ground, extent.rounds, turns)
}

/// The word at `place`; beyond the end there are zeros.
fn word(bytes: &[u8], place: usize) -> u64 {
    let rest = &bytes[place..];
    rest.first_chunk().map_or_else(
        || {
            let mut word = [0; WORD];
            word[..rest.len()].copy_from_slice(rest);
            u64::from_ne_bytes(word)
        },
        |word| u64::from_ne_bytes(*word),
    )
}

fn sum(places: &[usize], load: impl Fn(usize) -> io::Result<u64>) -> Result<u64> {
    let add = |sum: u64, place: &usize| io::Result::Ok(sum.wrapping_add(load(*place)?));
    places.iter().try_fold(0, add).step("read words")
}
