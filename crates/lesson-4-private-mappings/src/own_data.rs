//! Where this very program is mapped like this right now: its code, its constants, its data and
//! its libraries are private mappings of files. `cargo lesson-4 maps` shows it.

use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use common::{Result, Stage, page_size, say};
use page_view::{Mapping, View, mappings_of};

use crate::picture::draw_rows;

/// No Linux page is longer than this many bytes, so a table of four holds three whole pages.
const LONGEST_PAGE: usize = 64 * 1024;

/// Columns that the pictures of `maps` take at most.
const WIDTH: usize = 60;

/// A variable of this program with a value in its file: four times the longest page of ones.
static TABLE: [AtomicU8; 4 * LONGEST_PAGE] = [const { AtomicU8::new(1) }; 4 * LONGEST_PAGE];

/// The step of the story: three pages of this program's data, before and after a store.
///
/// # Errors
/// Those of `/proc/self` and of standard output.
pub fn show(_: &mut Stage) -> Result<()> {
    let first = table_page();
    let sum: u32 = (0..3).map(|page| u32::from(load(first + page * page_size()))).sum();
    let pages = first..first + 3 * page_size();
    say!("   three pages of a static, a byte loaded from each; their sum: {sum} (expected 3)")?;
    draw_rows("loaded from", pages.clone(), None)?;
    page_view::pause()?;
    store(first + page_size(), 2);
    draw_rows("one byte stored to the middle one", pages, None)?;
    let (private, all) = file_mappings()?.iter().fold((0, 0), |(private, all), mapping| {
        (private + u32::from(mapping.permissions.ends_with('p')), all + 1)
    });
    let verdict = if private == all { "all" } else { "not all" };
    say!("   of this program's mappings of files, private: {verdict} (expected all)")?;
    say!("   `cargo lesson-4 maps` lists them, and what has been copied")
}

/// The role: every file mapped into this process, and how many of its pages are copies.
///
/// # Errors
/// Those of `/proc/self` and of standard output.
pub fn maps() -> Result<()> {
    let first = table_page();
    let _loaded = (0..3).map(|page| load(first + page * page_size())).max();
    store(first + page_size(), 2);
    say!("   maps    pages  copied  file")?;
    let mut views = Vec::new();
    for mapping in file_mappings()? {
        let length = mapping.addresses.len() / page_size();
        let copied = mapping.sum("Anonymous").unwrap_or(0) / page_size() as u64;
        let path = mapping.path.as_deref().unwrap_or("");
        let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
        say!("   {} {length:>8} {copied:>7}  {name}{}", mapping.permissions, part(&mapping))?;
        if copied > 0 {
            let view = View::of(std::process::id(), mapping.addresses)?;
            say!("{}", page_view::draw(&view, "       ", WIDTH))?;
            views.push(view);
        }
    }
    say!("   A letter is a page of the mapping above it:")?;
    page_view::explain(&views.iter().collect::<Vec<_>>())
}

/// The address of the first whole page of the table.
pub fn table_page() -> usize {
    TABLE.as_ptr().addr().next_multiple_of(page_size())
}

/// Loads the table's byte at `address`.
pub fn load(address: usize) -> u8 {
    TABLE[address - TABLE.as_ptr().addr()].load(Relaxed)
}

/// Stores to the table's byte at `address`.
pub fn store(address: usize, byte: u8) {
    TABLE[address - TABLE.as_ptr().addr()].store(byte, Relaxed);
}

/// The mappings of this process that have a file behind them.
///
/// # Errors
/// Those of `/proc/self/smaps`.
pub fn file_mappings() -> Result<Vec<Mapping>> {
    let mut mappings = mappings_of(std::process::id())?;
    mappings.retain(|mapping| mapping.inode != 0);
    Ok(mappings)
}

fn part(mapping: &Mapping) -> &'static str {
    match (&mapping.permissions[..3], mapping.sum("Anonymous")) {
        ("r-x", _) => ": code",
        ("rw-", _) => ": data",
        ("r--", Some(1..)) => ": data, now read-only",
        ("r--", _) => ": constants",
        _ => "",
    }
}
