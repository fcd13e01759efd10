//! The languages of submissions and programs.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use memchr::memmem;
use serde::{Deserialize, Serialize};

/// What a source, or a program, is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// One file, which may use libc, memmap2 and nix.
    Rust,
    /// One file.
    C,
    /// One file.
    Cpp,
    /// One file, run by `python3`.
    Python,
}

/// A program is not searched beyond this many bytes.
const SEARCHED: u64 = 64 << 20;

impl Language {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rust, Self::C, Self::Cpp, Self::Python];

    /// The language of a source, by its name; `None` for a program.
    #[must_use]
    pub fn of(source: &Path) -> Option<Self> {
        let ending = source.extension()?;
        Self::ALL.into_iter().find(|language| ending == language.ending())
    }

    /// The language of a source that must be compiled, or of a script that must be made executable; `None` if it can be executed as it stands, whatever
    /// its name is.
    #[must_use]
    pub fn to_compile(file: &Path) -> Option<Self> {
        let language = Self::of(file)?;
        let mut start = Vec::new();
        let read = File::open(file).and_then(|file| file.take(4).read_to_end(&mut start));
        let mut is_program = read.is_ok() && (start == b"\x7fELF" || is_script(&start));
        if language == Self::Python {
            // A script that lacks a right or its first line is run by `python3`, as in a student's folder.
            let found = file.metadata();
            is_program &= found.is_ok_and(|found| found.permissions().mode() & 0o111 != 0);
        }
        (!is_program).then_some(language)
    }

    /// The language of a program, by what its compiler left in it or by the interpreter that its first
    /// line names; else by its name. `None` if none of them tells.
    #[must_use]
    pub fn of_program(program: &Path) -> Option<Self> {
        let mut content = Vec::new();
        // A program that may be executed and not read: its name is all there is.
        let read =
            File::open(program).and_then(|file| file.take(SEARCHED).read_to_end(&mut content));
        let has = |mark: &str| memmem::find(&content, mark.as_bytes()).is_some();
        match (read, content.split(|byte| *byte == b'\n').next()) {
            (Ok(_), _) if content.starts_with(b"\x7fELF") => {
                if has("rustc version ") || has("/rustc/") {
                    Some(Self::Rust) // The section .comment, or the paths of panics.
                } else if has("Go buildinf:") {
                    None
                } else {
                    Some(Self::C)
                }
            }
            (Ok(_), Some(first)) if first.starts_with(b"#!") => {
                memmem::find(first, b"python").map(|_| Self::Python)
            }
            _ => Self::of(program),
        }
    }

    /// How such a file's name ends.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Rust => "rs",
            Self::C => "c",
            Self::Cpp => "cpp",
            Self::Python => "py",
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::C => "C",
            Self::Cpp => "C++",
            Self::Python => "Python",
        }
    }
}

/// Whether a file with this start names its interpreter. (A source in Rust can begin with `#![`.)
fn is_script(start: &[u8]) -> bool {
    start.starts_with(b"#!/") || start.starts_with(b"#! /")
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};

    use super::*;

    #[test]
    fn a_python_script_is_executed_as_it_stands_only_if_it_can_be() {
        let directory = tempfile::tempdir().expect("make a directory");
        let path = directory.path().join("poke.py");
        let cases = [
            ("#!/usr/bin/env python3\n", 0o755, None),
            ("#!/usr/bin/env python3\n", 0o644, Some(Language::Python)),
            ("import mmap\n", 0o755, Some(Language::Python)),
        ];
        for (text, mode, language) in cases {
            write(&path, text).expect("write a script");
            set_permissions(&path, Permissions::from_mode(mode)).expect("chmod");
            assert_eq!(Language::to_compile(&path), language, "{text:?}, {mode:o}");
        }
    }
}
