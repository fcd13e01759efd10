//! Reads of 8 bytes at random places of a file that is in the page cache.
//!
//! No place is visited twice, so no read finds its bytes in a CPU's cache because an earlier
//! measurement was there. (A file smaller than all the places together is visited again.)
//! *Independent* reads know all places in advance, and the CPU works on several cache misses at once.
//! In a *dependent* chain each place depends on the bytes read before, as in a list or a tree.

use std::cell::RefCell;
use std::hint::black_box;
use std::io;
use std::os::unix::fs::FileExt;

use bench::{FileKind, Group, Measured, Method, Size, Unit};
use common::{Context, Failure, Result};

use crate::cost::{Per, cost};
use crate::extent::Extent;
use crate::memory::Memory;
use crate::own_file::{Mapping, OwnFile};

const WORD: usize = size_of::<u64>();
/// Bytes between two places: a cache line.
const LINE: usize = 64;

/// Whether a place is known before the bytes at the place before it have been read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chain {
    Independent,
    Dependent,
}

/// What the methods read from.
struct Reads<'r> {
    memory: &'r Memory,
    file: &'r OwnFile,
    /// Made before, with all pages in the page table.
    mapped: Mapping,
    places: RefCell<Places>,
    count: usize,
}

/// Measures independent reads, then dependent ones.
///
/// # Errors
/// Those of the calls; a refusal if a method read other bytes than are in memory.
pub(crate) fn measure(
    kind: &FileKind,
    memory: &Memory,
    file: &OwnFile,
    extent: Extent,
) -> Result<Vec<Group>> {
    let mapped = file.map(0..file.len(), true).step("mmap")?;
    let places = RefCell::new(Places::of(memory.len()));
    let reads = Reads { memory, file, mapped, places, count: extent.random_reads };
    let group = |chain: Chain| {
        let (name, words) = match chain {
            Chain::Independent => ("independent", "all places known in advance"),
            Chain::Dependent => ("dependent", "each place depends on the bytes before"),
        };
        let group = Group {
            id: format!("random-{name}-{}", kind.id()),
            title: format!("Read 8 bytes at a random place of {}; {words}", Size(memory.len())),
            setting: kind.to_string(),
            unit: Unit::Nanoseconds,
            file: Some(kind.clone()),
            bytes: reads.count * WORD,
            operations: Some(reads.count),
            rows: Vec::new(),
        };
        group.measure(extent.rounds, reads.methods(chain))
    };
    [Chain::Independent, Chain::Dependent].map(group).into_iter().collect()
}

impl Reads<'_> {
    fn methods(&self, chain: Chain) -> Vec<Method<'_>> {
        let in_memory = move |_| self.read(chain, |place| Ok(word(self.memory, place)));
        let by_pread = move |_| {
            self.read(chain, |place| {
                let mut bytes = [0; WORD];
                self.file.file().read_at(&mut bytes, place as u64)?; // Fewer at a short file's end.
                Ok(u64::from_ne_bytes(bytes))
            })
        };
        let before = move |_| self.read(chain, |place| Ok(word(&self.mapped, place)));
        let new = move |_| {
            self.measured(chain, |places| {
                let mapping = self.file.map(0..self.file.len(), false)?;
                chain.sum(places, |place| Ok(word(&mapping, place)))
            })
        };
        let before_words = "a load in a mapping whose pages are in the page table already";
        let new_words = "as mapped-before, in a mapping made for it: its page faults included";
        let pread = "pread-8";
        let mut methods = vec![
            Method::new("memory", "memory", "a load in memory, no file", in_memory),
            Method::new(pread, "read", "pread() of 8 bytes", by_pread),
            Method::new("mapped-before", "mapped", before_words, before).against(pread),
        ];
        if chain == Chain::Independent {
            methods.push(Method::new("mapped-new", "mapped", new_words, new).against(pread));
        }
        methods
    }

    fn read(&self, chain: Chain, load: impl Fn(usize) -> io::Result<u64>) -> Result<Measured> {
        self.measured(chain, |places| chain.sum(places, load))
    }

    /// Measures reads at places that were not visited before; their bytes must be those in memory.
    fn measured(
        &self,
        chain: Chain,
        sum: impl FnOnce(&[usize]) -> io::Result<u64>,
    ) -> Result<Measured> {
        let places = self.places.borrow_mut().take(self.count);
        let measured = cost(Per::Operation(self.count), || sum(&places).step("read"))?;
        let expected = chain.sum(&places, |place| Ok(word(self.memory, place))).step("read")?;
        if measured.result != Some(expected) {
            let sentence = "a method read other bytes than the file holds";
            return Err(Failure::refusal("compare", "random reads".as_ref(), sentence));
        }
        // Each measurement has its own places, so there is nothing to compare with other methods.
        Ok(Measured { result: None, ..measured })
    }
}

impl Chain {
    /// The sum of the words at `places`.
    fn sum(self, places: &[usize], load: impl Fn(usize) -> io::Result<u64>) -> io::Result<u64> {
        let (mut sum, mut last, zero) = (0_u64, 0_u64, black_box(0_u64));
        if self == Self::Independent {
            for place in places {
                sum = sum.wrapping_add(load(*place)?);
            }
            return Ok(sum);
        }
        for place in places {
            // Always the place itself. Only the bytes before tell that, so the CPU waits for them.
            let place = place + usize::try_from(last & zero).unwrap_or(0);
            last = load(place)?;
            sum = sum.wrapping_add(last);
        }
        Ok(sum)
    }
}

/// The word at `place`; past the end there are zeros.
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

/// The cache lines of some bytes in a random order, each once before any comes again.
struct Places {
    /// There are two to the power of this.
    bits: u32,
    taken: u64,
}

impl Places {
    fn of(bytes: usize) -> Self {
        Self { bits: (bytes / LINE).max(1).ilog2(), taken: 0 }
    }

    fn take(&mut self, count: usize) -> Vec<usize> {
        let numbers = self.taken..self.taken + count as u64;
        self.taken = numbers.end;
        numbers.map(|number| self.place(number)).collect()
    }

    /// A permutation of the numbers below two to the power of `bits`: each step can be undone.
    fn place(&self, number: u64) -> usize {
        let mask = (1 << self.bits) - 1;
        let half = (self.bits / 2).max(1);
        let mix = |number: u64| {
            let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask;
            number ^ (number >> half)
        };
        let mixed = (0..3).fold(number & mask, |number, _| mix(number));
        usize::try_from(mixed).unwrap_or(0) * LINE
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_place_comes_twice_before_every_place_has_come() {
        for bytes in [1, 64, 128, 1 << 20, 3 << 20] {
            let mut places = Places::of(bytes);
            let all = 1 << places.bits;
            let seen: BTreeSet<_> = places.take(all).into_iter().collect();
            assert_eq!(seen.len(), all);
            assert!(seen.iter().all(|place| place % LINE == 0 && *place < bytes));
            assert!(seen.contains(&places.take(1)[0]), "then they come again");
        }
    }

    #[test]
    fn the_places_have_no_order() {
        let places = Places::of(1 << 20).take(1000);
        let rising = places.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((400..600).contains(&rising), "{rising} of 999 rise");
        let near = places.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < 4 << 10).count();
        assert!(near < 30, "{near} of 999 are in the same page or the next");
    }

    #[test]
    fn both_chains_read_the_same_bytes() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1 << 12).collect();
        let places = Places::of(bytes.len()).take(64);
        let sum = |chain: Chain| chain.sum(&places, |place| Ok(word(&bytes, place))).unwrap();
        assert_eq!(sum(Chain::Independent), sum(Chain::Dependent));
        assert_eq!(word(&[1], 0), u64::from_ne_bytes([1, 0, 0, 0, 0, 0, 0, 0]));
    }
}
