//! Errors that name the failed step, the file and the system's message, and keep the errno.

use std::{error, fmt, io, io::Write, path::Path, path::PathBuf, process::ExitCode};

use nix::errno::Errno;

/// What every fallible function of the lessons returns.
pub type Result<T> = std::result::Result<T, Failure>;

/// A step that failed: `open "/nonexistent": No such file or directory (os error 2)`.
#[derive(Debug)]
pub struct Failure(String, Option<PathBuf>, io::Error);

impl Failure {
    /// An error of the program itself: `read "picture.png": not a file of this lesson`.
    pub fn refusal(step: &str, file: &Path, sentence: impl Into<String>) -> Self {
        Self(step.into(), Some(file.into()), io::Error::other(sentence.into()))
    }

    /// The errno, if a system call failed.
    pub fn errno(&self) -> Option<i32> {
        self.2.raw_os_error()
    }

    /// The cause, if it is of this type and no system call.
    pub fn cause<T: error::Error + 'static>(&self) -> Option<&T> {
        self.2.get_ref()?.downcast_ref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.1.as_ref().map(|file| format!(" {file:?}")).unwrap_or_default();
        write!(f, "{}{file}: {}", self.0, self.2)
    }
}

impl error::Error for Failure {}

/// Turns an error of the system into a [`Failure`].
pub trait Context<T>: Sized {
    /// Names the step that failed.
    fn step(self, step: &str) -> Result<T>;
    /// Names the step that failed and its file.
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

/// The name of an error's errno, such as `EACCES`; its text, if the error has no errno.
pub fn errno_name(error: &io::Error) -> String {
    let name = |number| format!("{:?}", Errno::from_raw(number));
    error.raw_os_error().map_or_else(|| error.to_string(), name)
}

/// How a call ended: `ok`, or [`errno_name`].
pub fn outcome<T>(result: &io::Result<T>) -> String {
    result.as_ref().map_or_else(errno_name, |_| "ok".into())
}

/// Prints a line as `println!` does, but returns an error if the output is closed or full.
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
        // The reader has closed the pipe (`| head -1`): no one would read the error.
        Err(Failure(_, None, e)) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "error: {failure}"); // There is no other place to report it.
            ExitCode::FAILURE
        }
    }
}
