//! The text of a line of source, for a page. A program's debug information can name any file. So a page shows
//! text only from the source that was judged, and from files beside that source or beside the program.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use explore::source::has_lines;
use explore::timeline::{Source, Timeline};

use crate::language::Language;

/// What was judged.
#[derive(Clone, Debug, Default)]
pub struct JudgedFiles {
    /// The source, if the judge knows it.
    pub source: Option<PathBuf>,
    /// The program, if somebody else has compiled it.
    pub program: Option<PathBuf>,
}

/// A longer file is no source.
const LARGEST: u64 = 1 << 20;
/// A longer line is cut.
const LONGEST: usize = 120;

impl JudgedFiles {
    /// The same timeline with the text of each line that may be shown.
    pub(super) fn with_text(&self, mut timeline: Timeline) -> Timeline {
        for source in timeline.steps.iter_mut().filter_map(|step| step.source.as_mut()) {
            if let Some(file) = self.shown(&source.file) {
                source.name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                source.text = line_of(&file, source.line);
            }
        }
        timeline
    }

    /// The file whose text may be shown for a file that the debug information names.
    fn shown(&self, named: &Path) -> Option<PathBuf> {
        let is_compiled_here = named.file_stem().is_some_and(|stem| stem == "source");
        if let Some(source) = self.source.as_ref().filter(|_| is_compiled_here) {
            return Some(source.clone());
        }
        let file = named.canonicalize().ok()?;
        let beside = [self.source.as_ref(), self.program.as_ref()];
        let beside = beside.into_iter().flatten().filter_map(|known| known.canonicalize().ok());
        let mut directories = beside.filter_map(|known| known.parent().map(Path::to_path_buf));
        directories.any(|directory| file.parent() == Some(&directory)).then_some(file)
    }

    /// Why no step has a line, as far as that is known.
    pub(super) fn why_no_lines(&self) -> Option<&'static str> {
        const SCRIPT: &str = "The steps have no source lines: an interpreter runs the program, and the \
                              judge sees the interpreter's instructions.";
        const NONE: &str = "The steps have no source lines: the program has no debug information. The \
                            option <code>-g</code> of cc, c++ and rustc adds it.";
        let python = |file: &PathBuf| {
            Language::to_compile(file) == Some(Language::Python)
                || Language::of_program(file) == Some(Language::Python)
        };
        if self.program.iter().chain(&self.source).any(python) {
            return Some(SCRIPT);
        }
        self.program.as_ref().filter(|program| !has_lines(program)).map(|_| NONE)
    }
}

/// The text of a line, without the blanks around it.
fn line_of(file: &Path, line: u32) -> Option<String> {
    let mut text = String::new();
    let mut options = File::options();
    let options = options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let opened = options.open(file).ok().filter(|it| it.metadata().is_ok_and(|it| it.is_file()))?;
    opened.take(LARGEST).read_to_string(&mut text).ok()?;
    let line = text.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?)?.trim();
    Some(line.chars().take(LONGEST).collect())
}

/// Has any step a line?
pub(super) fn has_a_line(timeline: &Timeline) -> bool {
    timeline.steps.iter().any(|step: &explore::timeline::TimelineStep| {
        step.source.as_ref().is_some_and(|source: &Source| source.line > 0)
    })
}
