//! The program of lesson 6. `cargo lesson-6` tells the story. `count FILE…` and `find WORD FILE…` do
//! the job on files of your own, by `read`, by `pread` or by a mapping. They change no file.
//!
//! As with `cat`, a FIFO waits for its writer, and `/dev/zero` never ends.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::builder::{OsStringValueParser, TypedValueParser};
use common::clap::{self, Parser, Subcommand};
use lesson_6_mmap_instead_of_read::methods::{self, Method};
use lesson_6_mmap_instead_of_read::steps::truncated::{self, Reader};
use lesson_6_mmap_instead_of_read::{STEPS, scenarios};

/// The name of the package, and of the text.
const LESSON: &str = env!("CARGO_PKG_NAME");

/// Lesson 6: mmap instead of read. Without a command, show all steps.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-6")]
struct Lesson {
    /// Choose the random numbers: the same N always gives the same numbers.
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Count the lines and bytes of each FILE.
    Count {
        /// Count in these files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Get the bytes by this method; if that fails, read the file and say why.
        #[arg(long, value_enum, default_value_t = Method::Mapping)]
        how: Method,
    },
    /// Print how often WORD occurs in each FILE, and where it occurs first.
    Find {
        /// Find this word, which must not be empty.
        #[arg(value_parser = OsStringValueParser::new().try_map(not_empty))]
        word: OsString,
        /// Look in these files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Get the bytes by this method; if that fails, read the file and say why.
        #[arg(long, value_enum, default_value_t = Method::Mapping)]
        how: Method,
    },
    /// Be the second process that stops when it has counted half of FILE.
    #[command(hide = true)]
    CountHalf { reader: Reader, file: PathBuf },
    /// Run one scenario of a claim, for the tests.
    #[command(hide = true)]
    Scenario { name: String },
    /// Tell the story and wait after each step, for `just step 6`.
    #[command(hide = true)]
    Steps,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> common::Result<()> {
    let lesson = Lesson::parse();
    match lesson.role {
        None => common::tell(LESSON, STEPS, lesson.seed),
        Some(Role::Count { files, how }) => methods::count_files(&files, how),
        Some(Role::Find { word, files, how }) => {
            methods::find_in_files(word.as_bytes(), &files, how)
        }
        Some(Role::CountHalf { reader, file }) => truncated::count_with_a_stop(reader, &file),
        Some(Role::Scenario { name }) => scenarios::play(&name),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(LESSON, STEPS, lesson.seed)),
    }
}

fn not_empty(word: OsString) -> Result<OsString, &'static str> {
    if word.is_empty() { Err("WORD must not be empty") } else { Ok(word) }
}
