//! Looking changes nothing, survives the end of the watched process, and finds the exact file.
//!
//! # Safety
//! The files are this test's own, in a directory of mode 0700: nobody else stores to them or
//! shrinks them while they are mapped.
#![expect(unsafe_code, reason = "memory must be touched to be looked at")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread;

use common::page_size;
use course::scratch;
use memmap2::MmapRaw;
use page_view::{CELLS, Cell, View, draw, mapping_at, mappings_of, page_range, parts};

/// A file of so many pages, mapped, its first page loaded; nothing else keeps it open.
fn mapped(scratch: &common::Scratch, pages: usize) -> MmapRaw {
    let path = scratch.path().join("pages");
    fs::write(&path, vec![7; pages * page_size()]).unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    file.sync_all().unwrap();
    let map = MmapRaw::map_raw(&file).unwrap();
    // SAFETY: the mapping lives and is readable.
    unsafe { map.as_ptr().read_volatile() };
    map
}

#[test]
fn looking_leaves_smaps_as_it_was() {
    let scratch = scratch();
    let map = mapped(&scratch, 64);
    let address = map.as_ptr().addr();
    let sums = || format!("{:?}", mapping_at(std::process::id(), address).unwrap().unwrap().sums());
    let before = sums();
    for _ in 0..10 {
        View::here(address).unwrap();
    }
    assert_eq!(sums(), before);
}

#[test]
fn a_process_that_ends_while_it_is_looked_at_is_an_error_and_never_a_picture() {
    for _ in 0..20 {
        let mut cat = Command::new("cat");
        let mut child = cat.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let pid = child.id();
        let looking = thread::spawn(move || {
            loop {
                let look = mappings_of(pid).and_then(|mappings| {
                    let first = mappings.first().map_or(0, |mapping| mapping.addresses.start);
                    View::at(pid, first)
                });
                match look {
                    Ok(view) => assert!(!view.mappings.is_empty() && view.page_count() > 0),
                    Err(failure) => return failure.to_string(),
                }
            }
        });
        child.kill().unwrap();
        let failure = looking.join().unwrap();
        assert_eq!(failure.lines().count(), 1, "{failure}");
        child.wait().unwrap();
    }
}

#[test]
fn a_file_that_merely_has_the_same_name_is_not_taken_for_the_mapped_one() {
    let scratch = scratch();
    let map = mapped(&scratch, 4);
    let path = scratch.path().join("pages");
    fs::remove_file(&path).unwrap();
    fs::write(&path, "").unwrap(); // All four pages would be past its end.
    let view = View::here(map.as_ptr().addr()).unwrap();
    assert!(view.runs.iter().all(|run| run.state.past_end != Some(true)), "{view:?}");
    let failure = View::of_file(std::process::id(), &path).unwrap_err();
    assert!(failure.to_string().ends_with(" does not map it"), "{failure}");
}

#[test]
fn a_range_shows_what_is_unmapped_and_what_is_past_the_end() {
    let scratch = scratch();
    let map = mapped(&scratch, 4);
    let start = map.as_ptr().addr();
    let file = File::options().write(true).open(scratch.path().join("pages")).unwrap();
    file.set_len(2 * page_size() as u64).unwrap();
    let view = View::of(std::process::id(), start..start + 4 * page_size()).unwrap();
    assert_eq!(parts(&view).last(), Some(&(2..4, Cell::PastEnd)));
    drop(map);
    let nothing = View::of(std::process::id(), 0..2 * page_size()).unwrap();
    assert_eq!(parts(&nothing), [(0..2, Cell::Unmapped)]);
}

#[test]
fn a_picture_has_a_line_for_each_run_of_pages_and_keeps_to_its_width() {
    let scratch = scratch();
    let map = mapped(&scratch, 100);
    let start = map.as_ptr().addr();
    let file = File::options().write(true).open(scratch.path().join("pages")).unwrap();
    file.set_len(90 * page_size() as u64).unwrap();
    let view = View::of(std::process::id(), start..start + 100 * page_size()).unwrap();
    for (label, width) in [("", 40), ("   after a load", 60), ("   a label of its own line", 60)] {
        let picture = draw(&view, label, width);
        assert!(picture.starts_with(label), "{picture}");
        assert!(picture.lines().all(|line| line.chars().count() <= width), "{picture}");
        assert!(picture.ends_with("pages 90-99  past the end of the file"), "{picture}");
        for (pages, cell) in parts(&view) {
            let run =
                |line: &str| line.contains(&page_range(&pages)) && line.ends_with(cell.words());
            assert_eq!(picture.lines().filter(|line| run(line)).count(), 1, "{picture}");
        }
    }
    assert!(CELLS.iter().all(|cell| cell.words().chars().count() <= 26));
}
