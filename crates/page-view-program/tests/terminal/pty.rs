//! A terminal of the test's own, with the program on it.
//!
//! # Safety
//! The unsafe code is one system call that sets the size of this terminal, and one that gives a
//! signal its default effect, which installs no handler.
#![expect(unsafe_code, reason = "an ioctl that no crate here wraps, and `signal`")]

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;
use tempfile::TempDir;

/// Far above what anything here takes: it finds hangs, not slowness.
const DEADLINE: Duration = Duration::from_secs(30);
/// How [`plain`] shows the change to the other screen and the way back.
pub(crate) const OTHER_SCREEN: &str = "<1049h>";
const FIRST_SCREEN: &str = "<1049l>";

/// Held to write a program and to start one: a child of another test that has been forked and not
/// yet executed its program holds what is being written, and that cannot be executed then.
static STARTING: Mutex<()> = Mutex::new(());

/// The program on a terminal of the test's own.
pub(crate) struct Terminal {
    pub(crate) child: KilledOnDrop,
    keys: File,
    pub(crate) line: OwnedFd,
    pub(crate) shown: Receiver<Vec<u8>>,
    all: Vec<u8>,
    /// How much of it, as [`plain`] shows it, has been waited for.
    seen: usize,
}

/// The program's process. It does not outlive its test, even if the test fails.
pub(crate) struct KilledOnDrop(pub(crate) Child);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        // A test that succeeded has waited for it: then both calls have nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

impl Terminal {
    pub(crate) fn start(program: &Path, arguments: &[&str], columns: u16) -> Self {
        // Whoever runs the tests may ignore some, as nohup does, and a child inherits that.
        for effective in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM] {
            // SAFETY: the default effect installs no handler.
            unsafe { signal(effective, SigHandler::SigDfl) }.unwrap();
        }
        let pair = openpty(&size(columns, 24), None).unwrap();
        let end = || pair.slave.try_clone().unwrap();
        let mut command = Command::new(program);
        command.args(arguments).env("TERM", "xterm").env_remove("NO_COLOR");
        command.env("RUST_BACKTRACE", "0");
        command.stdin(end()).stdout(end()).stderr(end());
        let child = KilledOnDrop(starting(|| command.spawn().unwrap()));
        let mut screen = File::from(pair.master.try_clone().unwrap());
        let (sender, shown) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 1 << 12];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return; // The test is over.
                }
            }
        });
        Self { child, keys: pair.master.into(), line: pair.slave, shown, all: Vec::new(), seen: 0 }
    }

    /// Waits until the program has shown `text`, after what was waited for before. Blanks do not
    /// count: the screen jumps over those that are there already.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) {
        let text: String = text.split_whitespace().collect();
        let end = Instant::now() + DEADLINE;
        loop {
            let plain = plain(&self.all);
            if let Some(at) = plain[self.seen..].find(&text) {
                self.seen += at + text.len();
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            let more = self.shown.recv_timeout(left);
            self.all.extend(more.unwrap_or_else(|_| panic!("no {text:?} in {plain:?}")));
        }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let size = size(columns, rows);
        // SAFETY: TIOCSWINSZ reads one `struct winsize`.
        let result =
            unsafe { libc::ioctl(self.line.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(result, 0);
        self.signal(Signal::SIGWINCH); // It is not the leader of this terminal's session.
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.0.id().cast_signed()), signal).unwrap();
    }

    /// Waits for its end. By then the terminal must be as it was.
    #[track_caller]
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        self.expect(FIRST_SCREEN);
        let status = self.child.0.wait().unwrap();
        let modes = tcgetattr(&self.line).unwrap().local_flags;
        assert!(modes.contains(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG));
        drop(self.line);
        self.all.extend(self.shown.iter().flatten());
        let said = plain(&self.all).split_off(self.seen);
        (status, said)
    }
}

/// What was written, without blanks and control sequences; `ESC [ ? 1049 h` is shown as `<1049h>`.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split("\u{1b}[");
    let mut plain = String::from(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        if let Some(mode) = part[..end].strip_prefix("?1049") {
            plain.push_str(&format!("<1049{mode}>"));
        }
        plain.push_str(&part[end..]);
    }
    plain.split_whitespace().collect()
}

pub(crate) fn page_view() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_page-view"))
}

/// The program beside a lesson that is a shell script, in a directory of their own where programs
/// may be executed: they often may not on tmpfs.
pub(crate) fn beside(number: usize, lesson: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"));
    let directory = directory.or_else(|_| tempfile::tempdir()).unwrap(); // Root's may be the first.
    let program = directory.path().join("page-view");
    let script = directory.path().join(format!("lesson-{number}-x"));
    starting(|| {
        fs::copy(page_view(), &program).unwrap();
        fs::write(&script, format!("#!/bin/sh\nset -e\n{lesson}")).unwrap();
    });
    fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    (directory, program)
}

pub(crate) fn starting<T>(start: impl FnOnce() -> T) -> T {
    let _turn = STARTING.lock().unwrap_or_else(|held| held.into_inner());
    start()
}
