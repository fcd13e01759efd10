//! The views agree with what others say of the same pages at the same moment: smaps, and, where they
//! are installed, vmtouch, fincore and pmap. `COURSE_INSTRUMENTS=required`, which CI sets, lets a
//! missing one fail.
//!
//! # Safety
//! The files are this test's own, in a directory of mode 0700: nobody else stores to them or
//! shrinks them while they are mapped.
#![expect(unsafe_code, reason = "memory must be touched to be looked at")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::path::Path;
use std::process::{self, Command};

use common::page_size;
use course::scratch;
use memmap2::{Advice, MmapOptions, MmapRaw};
use page_view::{Cell, State, View};

const PAGES: usize = 200;

/// A file of many pages, its own cache half dropped where the file system lets it, and open.
fn file(scratch: &common::Scratch) -> (std::path::PathBuf, File) {
    let path = scratch.path().join("pages");
    fs::write(&path, vec![7; PAGES * page_size()]).unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    file.sync_all().unwrap();
    let half = (PAGES / 2 * page_size()) as libc::off_t;
    nix::fcntl::posix_fadvise(&file, half, 0, nix::fcntl::PosixFadviseAdvice::POSIX_FADV_DONTNEED)
        .unwrap();
    (path, file)
}

/// A shared mapping of it, of which some pages were loaded and some stored to.
fn touched(file: &File) -> MmapRaw {
    let map = MmapRaw::map_raw(file).unwrap();
    map.advise(Advice::Random).unwrap(); // Nothing is read ahead of a touch.
    for page in [0, 1, 17, 60] {
        let byte = map.as_mut_ptr().wrapping_add(page * page_size());
        // SAFETY: the page is one of the mapping's, which lives, and is readable and writable.
        unsafe { byte.write_volatile(8) };
    }
    map
}

/// The view of the mapping at this address, with its sums.
fn view_here(address: usize) -> View {
    let mut views = vec![View::here(address).unwrap()];
    View::add_sums(&mut views).unwrap();
    views.remove(0)
}

/// Pages of which this holds, in kB as others print it.
fn count(view: &View, holds: impl Fn(&State) -> bool) -> u64 {
    let runs = view.runs.iter().filter(|run| holds(&run.state));
    runs.map(|run| run.pages.end - run.pages.start).sum()
}

fn bytes(pages: u64) -> Option<u64> {
    Some(pages * page_size() as u64)
}

/// What the program prints, if it is installed.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{program}: {output:?}");
            Some(text)
        }
        Err(error) => {
            let required = std::env::var_os("COURSE_INSTRUMENTS").is_some();
            assert!(!required, "{program} is to be installed here: {error}");
            println!("{program} is not installed: nothing was compared with it");
            None
        }
    }
}

#[test]
fn a_shared_view_agrees_with_the_sums_of_smaps() {
    let scratch = scratch();
    let (_, file) = file(&scratch);
    let map = touched(&file);
    let view = view_here(map.as_ptr().addr());
    let present = count(&view, |state| state.present);
    assert!(present >= 4 && view.page_count() == PAGES as u64);
    assert_eq!(view.sum("Rss"), bytes(present));
    assert_eq!(view.sum("Anonymous"), Some(0));
    assert_eq!(count(&view, |state| state.file_page == Some(false)), 0);
}

#[test]
fn a_private_view_agrees_with_the_sums_of_smaps() {
    let scratch = scratch();
    let (_, file) = file(&scratch);
    // SAFETY: nobody else has the file, as the preface says.
    let mut map = unsafe { MmapOptions::new().map_copy(&file) }.unwrap();
    for page in [3, 4, 90] {
        map[page * page_size()] = 8;
    }
    std::hint::black_box(map[150 * page_size()]);
    let view = view_here(map.as_ptr().addr());
    let own = count(&view, |state| Cell::of(state) == Cell::PrivateCopy);
    assert_eq!(own, 3);
    assert_eq!(view.sum("Anonymous"), bytes(own));
    assert_eq!(view.sum("Rss"), bytes(count(&view, |state| state.present)));
}

#[test]
fn what_is_cached_is_what_cachestat_fincore_and_vmtouch_count() {
    let scratch = scratch();
    let (path, file) = file(&scratch);
    let map = touched(&file);
    let view = view_here(map.as_ptr().addr());
    let cached = count(&view, |state| state.cached == Some(true));
    assert!(cached >= 4, "the pages that were touched are in the cache");
    if let Some(counts) = view.cache {
        assert_eq!(counts.cached, cached);
    }
    let path = path.to_str().unwrap();
    if let Some(text) = said("fincore", &["--noheadings", "--output", "PAGES", path]) {
        assert_eq!(text.trim().parse(), Ok(cached), "fincore: {text}");
    }
    if let Some(text) = said("vmtouch", &[path]) {
        let line = text.lines().find(|line| line.contains("Resident Pages")).unwrap();
        let expected = format!(" {cached}/{PAGES} ");
        assert!(line.contains(&expected), "vmtouch: {line}, and not {expected}");
    }
}

#[test]
fn the_sums_are_what_pmap_prints() {
    let scratch = scratch();
    let (_, file) = file(&scratch);
    let map = touched(&file);
    let Some(text) = said("pmap", &["-X", &process::id().to_string()]) else { return };
    let view = view_here(map.as_ptr().addr());
    let rows = text.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let head = rows.clone().find(|row| row.first() == Some(&"Address")).unwrap();
    let address = format!("{:x}", map.as_ptr().addr());
    let row = rows
        .into_iter()
        .find(|row| row.first().is_some_and(|first| first.trim_start_matches('0') == address));
    let row = row.unwrap();
    for name in ["Rss", "Pss", "Anonymous"] {
        let column = head.iter().position(|column| *column == name).unwrap();
        let kibibytes = row[column].parse::<u64>().unwrap();
        assert_eq!(view.sum(name), Some(kibibytes << 10), "{name} in {row:?}");
    }
}

#[test]
fn as_root_every_present_page_has_a_frame_and_its_references() {
    let scratch = scratch();
    let (_, file) = file(&scratch);
    let map = touched(&file);
    let alias = touched(&file);
    let [view, again] = [&map, &alias].map(|map| view_here(map.as_ptr().addr()));
    let frames = |view: &View| {
        let pages =
            view.runs.iter().flat_map(|run| run.pages.clone().map(|page| run.state_of(page)));
        pages.map(|state| state.frame).collect::<Vec<_>>()
    };
    match Path::new("/proc/kpageflags").exists() && frames(&view)[0].is_some() {
        true => {
            assert_eq!(frames(&view)[17], frames(&again)[17], "one file page is one frame");
            assert_eq!(
                count(&view, |state| state.present),
                count(&view, |state| state.frame.is_some())
            );
            assert!(view.runs[0].state.references >= Some(2), "{:?}", view.runs[0]);
        }
        false => {
            assert!(!course::is_root() || frames(&view).iter().all(Option::is_none));
            assert_eq!(count(&view, |state| state.references.is_some()), 0);
        }
    }
}
