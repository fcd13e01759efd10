//! Errors that name the step, the file and the system's words, and keep the errno.

use std::{error, fmt, io, io::Write, path::Path, path::PathBuf, process::ExitCode};

/// What every fallible function of the lessons returns.
pub type Result<T> = std::result::Result<T, Failure>;

/// A step that failed: `open "/nonexistent": No such file or directory (os error 2)`.
#[derive(Debug)]
pub struct Failure(String, Option<PathBuf>, io::Error);

impl Failure {
    /// The program's own refusal: `read "picture.png": not a file of this lesson`.
    pub fn refusal(step: &str, file: &Path, sentence: impl Into<String>) -> Self {
        Self(step.into(), Some(file.into()), io::Error::other(sentence.into()))
    }

    /// The system's error number, if it was the system that refused.
    pub fn errno(&self) -> Option<i32> {
        self.2.raw_os_error()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.1.as_ref().map(|file| format!(" {file:?}")).unwrap_or_default();
        write!(f, "{}{file}: {}", self.0, self.2)
    }
}

impl error::Error for Failure {}

/// Turns the system's bare error into a [`Failure`].
pub trait Context<T>: Sized {
    /// Names the step that failed.
    fn step(self, step: &str) -> Result<T>;
    /// Names the step that failed and the file that it was about.
    fn step_on(self, step: &str, file: &Path) -> Result<T>;
}

impl<T, E: Into<io::Error>> Context<T> for std::result::Result<T, E> {
    fn step(self, step: &str) -> Result<T> {
        self.map_err(|cause| Failure(step.into(), None, cause.into()))
    }

    fn step_on(self, step: &str, file: &Path) -> Result<T> {
        self.map_err(|cause| Failure(step.into(), Some(file.into()), cause.into()))
    }
}

/// Prints a line as `println!` does, but returns the failure of a closed or full output.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::print_line(format_args!($($text)*)) };
}

/// What [`say!`](crate::say) calls.
pub fn print_line(line: fmt::Arguments<'_>) -> Result<()> {
    writeln!(io::stdout().lock(), "{line}").step("write to standard output")
}

/// Runs a program: exit status 0, or one line on standard error and 1.
pub fn main(run: fn() -> Result<()>) -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has gone (`| head -1`): there is nobody left to tell.
        Err(Failure(_, None, e)) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "error: {failure}"); // Nowhere else to say it.
            ExitCode::FAILURE
        }
    }
}
