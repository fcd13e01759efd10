//! What is to be run, and how.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::isolation::{Isolation, WorkNamespaces};

/// A program to be started in a [`WorkDirectory`](crate::WorkDirectory).
pub struct Start {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) stdout: Stdout,
    pub(crate) address_space: Option<u64>,
    without_syscall_tracing: bool,
    /// The arguments of the processes beside the first one.
    pub(crate) beside: Vec<Vec<OsString>>,
    pub(crate) compiler: Option<Compiler>,
}

/// What a compiler needs beyond what an untrusted program gets: it must read itself, wherever it was
/// installed. Of the system's directories it reads those of the toolchain only.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Compiler {
    /// Its own directories, each with the name of an empty directory in the work directory. There it is
    /// mounted, read-only, so that the compiler's user reaches it.
    pub directories: Vec<(PathBuf, PathBuf)>,
    /// Its environment, beside that of a program.
    pub environment: Vec<(String, String)>,
}

/// Where its standard output goes.
pub enum Stdout {
    /// To the judge.
    Kept,
    /// Into this file, such as `/dev/full`.
    File(File),
}

impl Start {
    /// `program` with `arguments`.
    pub fn new(program: &Path, arguments: impl IntoIterator<Item: Into<OsString>>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self {
            program: program.into(),
            arguments,
            stdout: Stdout::Kept,
            address_space: None,
            without_syscall_tracing: false,
            beside: Vec::new(),
            compiler: None,
        }
    }

    /// Sends its standard output elsewhere.
    #[must_use]
    pub fn stdout(mut self, file: File) -> Self {
        self.stdout = Stdout::File(file);
        self
    }

    /// Limits its addresses to so many bytes.
    #[must_use]
    pub fn address_space(mut self, bytes: u64) -> Self {
        self.address_space = Some(bytes);
        self
    }

    /// It is a compiler, of an untrusted source.
    #[must_use]
    pub fn compiler(mut self, compiler: Compiler) -> Self {
        self.compiler = Some(compiler);
        self.without_syscall_tracing()
    }

    /// Its system calls are not looked at, so that it runs at its own speed.
    #[must_use]
    pub fn without_syscall_tracing(mut self) -> Self {
        self.without_syscall_tracing = true;
        self
    }

    /// Another process executes it with these arguments, in an untraced run. All such processes share one PID
    /// namespace, because a lock can name its holder by a PID. The run succeeds if all of them succeed.
    /// [`Sandbox::start`](crate::Sandbox::start) starts them all at once, [`Sandbox::in_turn`](crate::Sandbox::in_turn)
    /// one at a time.
    #[must_use]
    pub fn beside(mut self, arguments: impl IntoIterator<Item: Into<OsString>>) -> Self {
        self.beside.push(arguments.into_iter().map(Into::into).collect());
        self
    }

    /// How many processes execute it.
    pub(crate) fn processes(&self) -> usize {
        1 + self.beside.len()
    }

    /// Whether its system calls are not looked at.
    #[must_use]
    pub fn is_without_syscall_tracing(&self) -> bool {
        self.without_syscall_tracing
    }

    /// The arguments.
    #[must_use]
    pub fn arguments(&self) -> &[OsString] {
        &self.arguments
    }

    /// The call as a person would type it.
    #[must_use]
    pub fn called(&self) -> String {
        let name = self.program.file_name().unwrap_or_default();
        let mut typed = name.to_string_lossy().into_owned();
        for argument in &self.arguments {
            let plain = |c: char| c.is_alphanumeric() || "-_./".contains(c);
            match argument.to_str() {
                None => typed += &format!(" {}", in_escapes(argument.as_bytes())),
                Some(text) if !text.is_empty() && text.chars().all(plain) => {
                    typed += &format!(" {text}")
                }
                Some(text) => typed += &format!(" {text:?}"),
            }
        }
        typed
    }
}

/// Bytes that are no UTF-8, as a shell reads them: `$'\xff'`.
fn in_escapes(bytes: &[u8]) -> String {
    let escaped = |byte: &u8| match byte {
        b' '..=b'~' if !b"'\\".contains(byte) => char::from(*byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    format!("$'{}'", bytes.iter().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_utf_8_are_told_as_a_shell_reads_them() {
        assert_eq!(in_escapes(b"\xff"), "$'\\xff'");
        assert_eq!(in_escapes(b"it's \xe9"), "$'it\\x27s \\xe9'");
    }
}

/// What `confined` must know; handed over as JSON, before the untrusted program runs.
#[derive(Serialize, Deserialize)]
pub(crate) struct Confinement {
    pub(crate) memory: u64,
    pub(crate) cpu_seconds: u64,
    pub(crate) address_space: Option<u64>,
    /// Whether the judge traces it. If not, it lives in a PID namespace.
    pub(crate) traced: bool,
    /// Whether its seccomp filter reports its calls to the tracer.
    pub(crate) reports_calls: bool,
    /// How many arguments each process has that becomes the program, in an untraced run.
    pub(crate) counts: Vec<usize>,
    /// Each of these processes waits until the judge lets it start.
    pub(crate) in_turn: bool,
    pub(crate) compiler: Option<Compiler>,
    pub(crate) isolation: Isolation,
    /// Where the namespaces are, if a process of this work directory has made them before.
    pub(crate) namespaces: Option<WorkNamespaces>,
}
