//! Judges an exercise's program: `check N`.

use std::process::ExitCode;

fn main() -> ExitCode {
    check::command::main()
}
