//! One pass over a cold file: a file that is only on the disk. Before each measurement the file's
//! pages are evicted from the page cache. What the disk itself caches stays.
//!
//! A file larger than memory is cold on every pass, because its first pages are gone when the last
//! ones have been read.

use bench::{FileKind, Group, Method, Notes, Size, Unit};
use common::{Context, Failure, Result};
use memmap2::Advice;

use crate::cost::{Per, cost};
use crate::extent::Extent;
use crate::own_file::OwnFile;
use crate::passes::{self, BUFFER, by_pread, newlines};

/// A disk is slow, so only the start of a file is measured. On ext4 the kernel's folios are smallest
/// there, and later the methods differ less.
const MOST: usize = 32 << 20;

/// The advice that is tried, beside none.
const ADVICE: [(&str, Advice, &str); 4] = [
    ("mapped-willneed", Advice::WillNeed, "as mapped, after MADV_WILLNEED"),
    ("mapped-sequential", Advice::Sequential, "as mapped, after MADV_SEQUENTIAL"),
    ("mapped-random", Advice::Random, "as mapped, after MADV_RANDOM"),
    ("mapped-hugepage", Advice::HugePage, "as mapped, after MADV_HUGEPAGE"),
];

/// Measures the beginning of a file; `None` and a note if its pages cannot be evicted.
///
/// # Errors
/// Those of the calls; a refusal if the pages stay although they went before.
pub(crate) fn measure(
    kind: &FileKind,
    file: &OwnFile,
    extent: Extent,
    notes: &mut Notes,
) -> Result<Option<Group>> {
    let system = &kind.file_system;
    if !evict(file)? {
        notes.say(format!("no cold file on {system}: the kernel keeps its pages in memory"))?;
        return Ok(None);
    }
    let bytes = file.len().min(MOST);
    let per = Per::Bytes(bytes);
    let evicted = move || match evict(file)? {
        true => file.reopen(),
        false => Err(Failure::refusal("evict", system.as_ref(), "its pages stay in the cache")),
    };
    let (mut buffer, words) = (vec![0; BUFFER.0], format!("read() into a buffer of {BUFFER}"));
    let baseline = passes::baseline();
    let mut methods = vec![Method::new(&baseline, "read", words, move |_| {
        let file = evicted()?;
        cost(per, || by_pread(file.file(), &mut buffer, 0..bytes).step("read"))
    })];
    let mapped = |populate: bool, advice: Option<Advice>| {
        move |_| {
            let file = evicted()?;
            cost(per, || {
                let mapping = file.map(0..bytes, populate).step("mmap")?;
                advice.map_or(Ok(()), |advice| mapping.advise(advice)).step("madvise")?;
                Ok(newlines(&mapping))
            })
        }
    };
    let words = "mmap(), counted in place, munmap()";
    methods.push(Method::new("mapped", "mapped", words, mapped(false, None)).against(&baseline));
    let words = "as mapped, with MAP_POPULATE";
    methods.push(
        Method::new("mapped-populate", "mapped", words, mapped(true, None)).against(&baseline),
    );
    for (name, advice, words) in ADVICE {
        let method = Method::new(name, "mapped", words, mapped(false, Some(advice)));
        methods.push(method.against(&baseline));
    }
    let group = Group {
        id: format!("cold-{}", kind.id()),
        title: format!("Count the newlines of {} that are on the disk only", Size(bytes)),
        setting: kind.to_string(),
        unit: Unit::GigabytesPerSecond,
        file: Some(kind.clone()),
        bytes,
        operations: None,
        rows: Vec::new(),
    };
    group.measure(extent.rounds, methods).map(Some)
}

/// Evicts the file's pages; whether all of them went. A page that the kernel is using at that moment
/// stays, so it is asked several times.
fn evict(file: &OwnFile) -> Result<bool> {
    for _ in 0..5 {
        file.evict().step("posix_fadvise")?;
        let mapping = file.map(0..file.len(), false).step("mmap")?;
        if mapping.cached().step("mincore")? == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
