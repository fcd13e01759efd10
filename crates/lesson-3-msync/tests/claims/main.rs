//! The claims of lesson 3, one test each, named as the sentence in `lessons/`.
//! `cargo test -p lesson-3-msync --test claims` runs them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod disk;
mod ends;
mod errors;
mod flush;
mod folios;
mod invalidate;
mod time_stamps;
mod visibility;
mod ways;

use std::ffi::OsStr;
use std::path::Path;

use common::Scratch;
use course::{Program, scratch};
use lesson_3_msync::Specimen;

/// A scene of this lesson, in a fresh process whose working directory is the test's own.
fn scene(name: &str, scratch: &Scratch) -> Program {
    Program::new(env!("CARGO_BIN_EXE_lesson-3-msync"), ["scene", name]).in_directory(scratch.path())
}

/// A second process that plays `part` on the file at `path`.
fn second(part: &str, path: &Path) -> Program {
    let arguments: [&OsStr; 3] = ["second".as_ref(), part.as_ref(), path.as_ref()];
    Program::new(env!("CARGO_BIN_EXE_lesson-3-msync"), arguments)
}

/// A file of eight pages, and its control: the same, stored to at the same moment, left alone.
struct Pair {
    specimen: Specimen,
    twin: Specimen,
    _scratch: Scratch,
}

impl Pair {
    fn clean() -> Self {
        let scratch = scratch();
        let specimen = Specimen::new(&scratch.path().join("specimen"), 8).unwrap();
        let twin = Specimen::new(&scratch.path().join("twin"), 8).unwrap();
        specimen.load();
        twin.load();
        Self { specimen, twin, _scratch: scratch }
    }

    /// All eight pages of both are stored to; the instruments have been tried before and after.
    fn stored() -> Self {
        let pair = Self::clean();
        assert_eq!(found(&pair.specimen), pair.specimen.sight.expected(0, 8), "before a store");
        pair.specimen.store(b'A');
        pair.twin.store(b'A');
        pair
    }

    /// Of the specimen's pages `dirty` must be left; `None` if the twin was flushed, too.
    fn left(&self, dirty: u64) -> Option<()> {
        let left = found(&self.specimen);
        let control = found(&self.twin); // Looked at last: if this is dirty, nothing flushed before.
        if control != self.twin.sight.expected(8, 8) {
            return None;
        }
        assert_eq!(
            left,
            self.specimen.sight.expected(dirty, 8),
            "dirty pages, by both instruments"
        );
        Some(())
    }
}

/// Dirty pages: cachestat's, and the sum of smaps.
fn found(specimen: &Specimen) -> (u64, u64) {
    let dirty = specimen.dirty().unwrap();
    (dirty.cache.expect("cachestat, from Linux 6.5 on"), dirty.mapped())
}
