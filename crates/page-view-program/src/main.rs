//! Shows what the kernel knows about every page of a process's mapping: `cargo page-view PID` lists
//! the mappings, `cargo page-view PID FILE` shows one, `cargo page-view step N` tells lesson N's
//! story, one step for each key press.

mod aligned;
mod ansi;
mod canvas;
mod choice;
mod compare;
mod contents;
mod drawing;
mod figure;
mod json;
mod layout;
mod listing;
mod moment;
mod output;
mod recording;
mod screen;
mod step;
mod story_process;
mod svg;
mod sys;
mod text;
mod timeline;
mod units;
mod watch;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand};

use crate::output::Format;

/// Show what the kernel knows about every page of a process's mapping.
#[derive(Parser)]
#[command(name = "page-view", args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true)]
struct Arguments {
    /// Look at the process with this number (its PID).
    #[arg(required = true)]
    pid: Option<OsString>,
    /// Show this mapping. FILE is the file's path, a name from the list (with or without its
    /// directory), or an address that begins with 0x. Without FILE, list all mappings.
    file: Option<OsString>,
    /// Choose the output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Add the sums of smaps to a view. To compute them, the kernel walks PID's page tables up to the
    /// mapping. Meanwhile PID's calls of mmap and munmap wait.
    #[arg(long, requires = "file", conflicts_with_all = ["watch", "compare"])]
    sums: bool,
    /// Show the mapping again after every change, until the process ends or you press q or Ctrl-C.
    #[arg(long, conflicts_with = "compare")]
    watch: bool,
    /// Show which pages of FILE are the same memory in PID and PID2.
    #[arg(long, value_name = "PID2", requires = "file")]
    compare: Option<OsString>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Show lesson N step by step, one step for each key press, and draw the pages below each step.
    Step {
        #[arg(value_name = "N")]
        lesson: usize,
    },
    /// Print a figure of a lesson as SVG.
    #[command(hide = true)]
    Figure {
        /// Name the figure: `lesson-4-step-3-look-2` is the second pause of step 3 in lesson 4.
        name: String,
    },
    /// Print lesson N's story, and at each pause the name of its figure.
    #[command(hide = true)]
    Looks {
        #[arg(value_name = "N")]
        lesson: usize,
    },
    /// Print the pages at each pause of a step as JSON, for the page map of the book.
    #[command(hide = true)]
    Recording {
        /// Name the step: `lesson-4-step-3`.
        name: String,
    },
    /// Panic while the screen is in use, for the tests.
    #[command(hide = true)]
    PanicOnScreen,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> common::Result<()> {
    let arguments = Arguments::parse();
    match (arguments.role, arguments.pid, arguments.file, arguments.compare) {
        (Some(Role::Step { lesson }), ..) => step::tell(lesson),
        (Some(Role::Figure { name }), ..) => figure::print(&name),
        (Some(Role::Looks { lesson }), ..) => figure::list(lesson),
        (Some(Role::Recording { name }), ..) => recording::print(&name),
        (Some(Role::PanicOnScreen), ..) => screen::panic(),
        (None, None, ..) => wrong_call("PID is missing"),
        (None, Some(_), None, _) if arguments.format == Format::Svg => {
            wrong_call("a list is no picture: --format svg needs FILE")
        }
        (None, Some(_), ..) if arguments.watch && arguments.format == Format::Svg => {
            wrong_call("--watch shows text or json")
        }
        (None, Some(pid), None, _) if arguments.watch => {
            watch::list(choice::process(&pid)?, arguments.format)
        }
        (None, Some(pid), Some(file), _) if arguments.watch => {
            watch::mapping(choice::process(&pid)?, &file, arguments.format)
        }
        (None, Some(pid), None, _) => listing::print(choice::process(&pid)?, arguments.format),
        (None, Some(pid), Some(file), None) => {
            let mut views = choice::views(choice::process(&pid)?, &file)?;
            output::print(&mut views, arguments.format, arguments.sums)
        }
        (None, Some(pid), Some(file), Some(other)) => {
            let (pid, other) = (choice::process(&pid)?, choice::process(&other)?);
            compare::print(pid, other, &file, arguments.format)
        }
    }
}

/// A call that clap cannot know to be wrong: usage and exit status 2, as clap does it.
fn wrong_call(why: &str) -> common::Result<()> {
    use clap::CommandFactory;
    Arguments::command().error(clap::error::ErrorKind::ArgumentConflict, why).exit()
}
