//! Lesson 6, as a program: `cargo lesson-6` tells the story; `count FILE…` and `find WORD FILE…` do
//! the job on files of your own, by `read`, by `pread` or by a mapping. They change no file.
//!
//! As with `cat`, a FIFO waits for its writer, and what never ends, `/dev/zero`, is never done.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::builder::{OsStringValueParser, TypedValueParser};
use common::clap::{self, Parser, Subcommand};
use lesson_6_mmap_instead_of_read::steps::truncated::{self, Reader};
use lesson_6_mmap_instead_of_read::ways::{self, How};
use lesson_6_mmap_instead_of_read::{STEPS, scenes};

/// Lesson 6: mmap instead of read. Without a role, tells the whole story.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-6")]
struct Lesson {
    /// Fixes the random numbers.
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Counts the lines and bytes of each FILE.
    Count {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The way to the bytes; what refuses it is read, and the line says so.
        #[arg(long, value_enum, default_value_t = How::Mapping)]
        how: How,
    },
    /// Says how often WORD is in each FILE, and where first.
    Find {
        #[arg(value_parser = OsStringValueParser::new().try_map(not_empty))]
        word: OsString,
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The way to the bytes; what refuses it is read, and the line says so.
        #[arg(long, value_enum, default_value_t = How::Mapping)]
        how: How,
    },
    /// Counts FILE with a stop half-way, for the story and the tests.
    #[command(hide = true)]
    HalfWay { reader: Reader, file: PathBuf },
    /// Plays one scene of a claim, for the tests.
    #[command(hide = true)]
    Scene { name: String },
    /// Tells the story and waits after each step, for `just step 6`.
    #[command(hide = true)]
    Steps,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> common::Result<()> {
    let lesson = Lesson::parse();
    match lesson.role {
        None => common::tell(STEPS, lesson.seed),
        Some(Role::Count { files, how }) => ways::count_files(&files, how),
        Some(Role::Find { word, files, how }) => ways::find_in_files(word.as_bytes(), &files, how),
        Some(Role::HalfWay { reader, file }) => truncated::count_with_a_stop(reader, &file),
        Some(Role::Scene { name }) => scenes::play(&name),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(STEPS, lesson.seed)),
    }
}

fn not_empty(word: OsString) -> Result<OsString, &'static str> {
    if word.is_empty() { Err("an empty word is everywhere") } else { Ok(word) }
}
