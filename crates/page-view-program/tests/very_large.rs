//! A terabyte of holes and a gigabyte of pages, each looked at within 64 MiB. Tests of its own, so
//! that they are run after the others.
//!
//! # Safety
//! The file is this test's own, in a directory of mode 0700: nobody else stores to it or shrinks it
//! while it is mapped.
#![expect(unsafe_code, reason = "memory must be touched to be looked at")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;

use common::page_size;
use course::{Program, scratch};
use memmap2::{Advice, MmapRaw};

/// A sparse file of so many bytes, mapped.
fn mapped(scratch: &common::Scratch, bytes: u64) -> (MmapRaw, String) {
    let path = scratch.path().join("large");
    let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    file.set_len(bytes).unwrap();
    let map = MmapRaw::map_raw(&file).unwrap();
    map.advise(Advice::Random).unwrap();
    (map, path.to_str().unwrap().into())
}

/// What the program says of it, with no more address space than 64 MiB.
fn seen(path: &str, format: &str) -> String {
    let shell = "ulimit -v 65536; exec \"$0\" \"$@\"";
    let me = std::process::id().to_string();
    let program = env!("CARGO_BIN_EXE_page-view");
    let arguments = ["-c", shell, program, &me, path, "--format", format];
    Program::new("sh", arguments).succeed()
}

#[test]
fn a_terabyte_of_sparse_file_is_drawn_in_ranges_within_64_mebibytes() {
    let scratch = scratch();
    let (map, path) = mapped(&scratch, 1 << 40);
    for page in [0, 1 << 20, (1 << 40) / page_size() - 1] {
        // SAFETY: the page is one of the mapping's, which lives and is readable.
        unsafe { map.as_ptr().wrapping_add(page * page_size()).read_volatile() };
    }
    let text = seen(&path, "text");
    assert!(text.lines().count() < 40, "{text}");
    assert!(text.contains("-> page cache"), "{text}");
    let document: serde_json::Value = serde_json::from_str(&seen(&path, "json")).unwrap();
    assert!(document["pages"].is_null());
    let ranges = document["ranges"].as_array().unwrap();
    let count: u64 = ranges.iter().map(|range| range["count"].as_u64().unwrap()).sum();
    assert_eq!(count, (1 << 40) / page_size() as u64);
    assert!(ranges.iter().filter(|range| range["present"] == true).count() >= 3);
    assert!(seen(&path, "svg").len() < 1 << 20);
}

#[test]
fn a_gigabyte_of_present_pages_is_drawn_within_64_mebibytes() {
    let scratch = scratch();
    let (map, path) = mapped(&scratch, 1 << 30);
    map.advise(Advice::PopulateRead).unwrap();
    let text = seen(&path, "text");
    let cached = page_view::resident(map.as_ptr().addr(), map.len()).unwrap();
    if cached.contains(&false) {
        return course::left_out("a gigabyte does not stay in the memory that this test may use");
    }
    let pages = (1 << 30) / page_size() as u64;
    assert!(text.contains(&format!("pages 0-{} ", pages - 1)), "one range: {text}");
    let document: serde_json::Value = serde_json::from_str(&seen(&path, "json")).unwrap();
    assert_eq!(document["smaps"]["Rss"], 1_u64 << 30);
}
