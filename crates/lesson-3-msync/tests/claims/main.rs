//! The claims of lesson 3, one test each, named as the sentence in `lessons/`.
//! `cargo test -p lesson-3-msync --test claims` runs them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod disk;
mod disk_errors;
mod ends;
mod errors;
mod flush;
mod folios;
mod invalidate;
mod power_cuts;
mod time_stamps;
mod visibility;
mod ways;

use std::ffi::OsStr;
use std::path::Path;

use common::Scratch;
use course::{Program, scratch};
use lesson_3_msync::MappedFile;

/// A scenario of this lesson, in a fresh process whose working directory is the test's own.
fn scenario(name: &str, scratch: &Scratch) -> Program {
    Program::new(env!("CARGO_BIN_EXE_lesson-3-msync"), ["scenario", name])
        .in_directory(scratch.path())
}

/// A second process that plays `part` on the file at `path`.
fn second(part: &str, path: &Path) -> Program {
    let arguments: [&OsStr; 3] = ["second".as_ref(), part.as_ref(), path.as_ref()];
    Program::new(env!("CARGO_BIN_EXE_lesson-3-msync"), arguments)
}

/// A file of eight pages, and its control: the same, stored to at the same moment, left alone.
struct Pair {
    sample: MappedFile,
    control: MappedFile,
    _scratch: Scratch,
}

impl Pair {
    fn clean() -> Self {
        let scratch = scratch();
        let sample = MappedFile::new(&scratch.path().join("sample"), 8).unwrap();
        let control = MappedFile::new(&scratch.path().join("control"), 8).unwrap();
        sample.load();
        control.load();
        Self { sample, control, _scratch: scratch }
    }

    /// All eight pages of both are stored to; the instruments have been tried before and after.
    fn stored() -> Self {
        let pair = Self::clean();
        assert_eq!(found(&pair.sample), pair.sample.instruments.expected(0, 8), "before a store");
        pair.sample.store(b'A');
        pair.control.store(b'A');
        pair
    }

    /// `None` if the control was flushed. Looked at last: if it is dirty, nothing was flushed before.
    fn control_is_dirty(&self) -> Option<()> {
        (found(&self.control) == self.control.instruments.expected(8, 8)).then_some(())
    }

    /// Of the sample's pages `dirty` must be left; `None` if the control was flushed, too.
    fn left(&self, dirty: u64) -> Option<()> {
        let left = found(&self.sample);
        self.control_is_dirty()?;
        assert_eq!(
            left,
            self.sample.instruments.expected(dirty, 8),
            "dirty pages, by both instruments"
        );
        Some(())
    }
}

/// Dirty pages: cachestat's (before Linux 6.5, those of the whole file by smaps), and the sum of smaps.
fn found(sample: &MappedFile) -> (u64, u64) {
    let dirty = sample.dirty().unwrap();
    (dirty.cache.unwrap_or_else(|| course::dirty_pages(&sample.file)), dirty.mapped())
}
