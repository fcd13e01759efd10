//! This program's own memory. Its code, constants and initialised variables lie in private mappings of
//! its file; its zeroed variables, heap and stack have no file. `cargo lesson-4 maps` shows it.

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use common::{Result, Stage, compare, page_size, say, sentence};
use page_view::{Mapping, View, mapping_at, mappings_of};

use crate::picture::draw_addresses;

/// No page of x86-64, Arm, RISC-V or POWER servers is longer than this many bytes. A table of four holds
/// three whole pages.
const LONGEST_PAGE: usize = 64 * 1024;

/// A variable whose value is in the program's file (.data): four times the longest page of ones.
static TABLE: [AtomicU8; 4 * LONGEST_PAGE] = [const { AtomicU8::new(1) }; 4 * LONGEST_PAGE];

/// A variable that begins as zeros (.bss): the file holds its length and none of its bytes.
static ZEROED: [AtomicU8; 4 * LONGEST_PAGE] = [const { AtomicU8::new(0) }; 4 * LONGEST_PAGE];

/// The step of the story: three pages of this program's data, before and after a store.
///
/// # Errors
/// Those of `/proc/self` and of standard output.
pub fn show(_: &mut Stage) -> Result<()> {
    let first = table_page();
    let pages = first..first + 3 * page_size();
    load_three_pages();
    draw_addresses("Three pages of an initialised variable, loaded from", pages.clone())?;
    page_view::pause()?;
    store(first + page_size(), 2);
    draw_addresses("One byte stored to the second page", pages)?;
    page_view::pause()?;
    compare("initialised variables: ", home(first)?, "this program's file")?;
    compare("zeroed variables:      ", home(zeroed_page())?, "no file")?;
    compare("heap:                  ", home(std::ptr::from_ref(&*Box::new(7)).addr())?, "no file")?;
    compare("stack:                 ", home((&raw const first).addr())?, "no file")?;
    let files = file_mappings()?;
    let private = files.iter().filter(|mapping| mapping.permissions.ends_with('p')).count();
    let verdict = if private == files.len() { "all" } else { "not all" };
    compare("files mapped privately: ", verdict, "all")?;
    sentence("`cargo lesson-4 maps` lists them.")
}

/// The role: every file mapped into this process, and how many of its pages are private copies;
/// then the writable memory without a file.
///
/// # Errors
/// Those of `/proc/self` and of standard output.
pub fn maps() -> Result<()> {
    load_three_pages();
    store(table_page() + page_size(), 2);
    say!("   maps  pages copied  file")?;
    for mapping in file_mappings()? {
        let length = mapping.addresses.len() / page_size();
        let copied = mapping.sum("Anonymous").unwrap_or(0) / page_size() as u64;
        let name = name_of_file(&mapping);
        say!("   {} {length:>6} {copied:>6}  {name}{}", mapping.permissions, part(&mapping))?;
        if copied > 0 {
            let view = View::of(std::process::id(), mapping.addresses)?;
            say!("{}", page_view::draw(&view, "       ", common::COLUMNS))?;
        }
    }
    let writable = |mapping: &Mapping| mapping.inode == 0 && mapping.permissions == "rw-p";
    for mapping in mappings_of(std::process::id())?.into_iter().filter(writable) {
        let length = mapping.addresses.len() / page_size();
        let name = mapping.path.as_deref().unwrap_or("no name");
        say!("   rw-p {length:>6}      -  no file: {name}")?;
    }
    Ok(())
}

/// The address of the first whole page of the zeroed variable.
pub fn zeroed_page() -> usize {
    ZEROED.as_ptr().addr().next_multiple_of(page_size())
}

/// The file whose bytes the memory at `address` showed at first.
fn home(address: usize) -> Result<&'static str> {
    let mapping = mapping_at(std::process::id(), address)?;
    let program = std::env::current_exe().ok();
    let path = mapping.as_ref().and_then(|mapping| mapping.path.as_deref()).map(Path::new);
    Ok(match mapping {
        Some(Mapping { inode: 0, .. }) => "no file",
        Some(_) if path == program.as_deref() => "this program's file",
        Some(_) => "another file",
        None => "not mapped",
    })
}

fn name_of_file(mapping: &Mapping) -> String {
    let path = Path::new(mapping.path.as_deref().unwrap_or_default());
    if std::env::current_exe().is_ok_and(|program| program == path) {
        return "this program".into();
    }
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The address of the first whole page of the table.
pub fn table_page() -> usize {
    TABLE.as_ptr().addr().next_multiple_of(page_size())
}

/// Loads a byte from each of the table's first three whole pages.
fn load_three_pages() {
    for page in 0..3 {
        black_box(load(table_page() + page * page_size())); // The compiler may drop an unused load.
    }
}

/// Loads the table's byte at `address`.
pub fn load(address: usize) -> u8 {
    TABLE[address - TABLE.as_ptr().addr()].load(Relaxed)
}

/// Stores to the table's byte at `address`.
pub fn store(address: usize, byte: u8) {
    TABLE[address - TABLE.as_ptr().addr()].store(byte, Relaxed);
}

/// All mappings of files in this process.
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
        ("r--", Some(1..)) => ": data, read-only",
        ("r--", _) => ": constants",
        _ => "",
    }
}
