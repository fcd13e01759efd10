//! Shows what the kernel knows about every page of a process's mapping: `cargo page-view PID` lists
//! the mappings, `cargo page-view PID FILE` draws one, `cargo page-view step N` tells lesson N's
//! story a step at each key press.

mod aligned;
mod ansi;
mod canvas;
mod choice;
mod compare;
mod drawing;
mod figure;
mod json;
mod layout;
mod listing;
mod moment;
mod output;
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

use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand, ValueEnum};

/// Shows what the kernel knows about every page of a process's mapping.
#[derive(Parser)]
#[command(name = "page-view", args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true)]
struct Arguments {
    /// The process.
    #[arg(required = true)]
    pid: Option<String>,
    /// The mapping: the file's path, a name as the list shows it, or 0x and an address in it.
    /// Without it, the mappings are listed.
    file: Option<String>,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Shows it again whenever it has changed, until the process ends, or q or Ctrl-C is pressed.
    #[arg(long, conflicts_with = "compare")]
    watch: bool,
    /// Puts this process's view of FILE beside it and marks what is the same memory.
    #[arg(long, value_name = "PID2", requires = "file")]
    compare: Option<String>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people.
    Text,
    /// One JSON document on one line, or one for each mapping of FILE.
    Json,
    /// A picture, light or dark as its reader likes.
    Svg,
}

#[derive(Subcommand)]
enum Role {
    /// Tells lesson N's story: a step at each key press, and the pages as they are.
    Step {
        #[arg(value_name = "N")]
        lesson: usize,
    },
    /// Print a figure of a lesson as SVG.
    #[command(hide = true)]
    Figure {
        /// `lesson-4-step-3-look-2` is the second pause of step 3.
        name: String,
    },
    /// Print lesson N's story with the name of the figure that each pause can be.
    #[command(hide = true)]
    Looks {
        #[arg(value_name = "N")]
        lesson: usize,
    },
    /// Panics while the screen is in use, for the tests.
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
            let views = choice::views(choice::process(&pid)?, &file)?;
            output::print(&views, arguments.format)
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
