//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs the command.
pub fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() == Some("confined".as_ref()) {
        let json = arguments.next().unwrap_or_default();
        let mut rest = arguments.skip(1);
        let program = PathBuf::from(rest.next().unwrap_or_default());
        let rest: Vec<OsString> = rest.collect();
        let done =
            crate::supervise::confined::become_stranger(&json.to_string_lossy(), &program, rest);
        if let Err(failure) = done {
            eprintln!("error: {failure}");
            return ExitCode::from(4);
        }
        return ExitCode::SUCCESS;
    }
    let program = PathBuf::from(std::env::args_os().nth(1).unwrap_or_default());
    let go = || -> common::Result<()> {
        let scratch = common::Scratch::new()?;
        let ground = crate::place::Ground::of(&scratch)?;
        let settings = crate::place::Settings { schedule: None, ground };
        let report = crate::judge::judge(crate::exercises::EXERCISES[0], &program, &settings)?;
        print!("{}", crate::report::written(&[report], crate::report::Format::Text)?);
        Ok(())
    };
    match go() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(4)
        }
    }
}
