//! The program on a terminal: pictures folded to its width, keys, resizing; and whatever ends it,
//! the terminal is as it was.
//!
//! # Safety
//! The only unsafe code is one system call that sets the size of a terminal of this test's own.
#![expect(unsafe_code, reason = "an ioctl that no crate here wraps")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;

/// Far above what anything here takes: it finds hangs, not slowness.
const DEADLINE: Duration = Duration::from_secs(30);
/// How [`plain`] shows the change to the other screen and the way back.
const OTHER_SCREEN: &str = "<1049h>";
const FIRST_SCREEN: &str = "<1049l>";

/// The program on a terminal of the test's own.
struct Terminal {
    child: Child,
    keys: File,
    line: OwnedFd,
    shown: Receiver<Vec<u8>>,
    all: Vec<u8>,
    /// How much of it, as [`plain`] shows it, has been waited for.
    seen: usize,
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

impl Terminal {
    fn start(program: &Path, arguments: &[&str], columns: u16) -> Self {
        let pair = openpty(&size(columns, 24), None).unwrap();
        let end = || pair.slave.try_clone().unwrap();
        let mut command = Command::new(program);
        command.args(arguments).env("TERM", "xterm").env_remove("NO_COLOR");
        command.env("RUST_BACKTRACE", "0");
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
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
    fn expect(&mut self, text: &str) {
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

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    fn resize(&self, columns: u16, rows: u16) {
        let size = size(columns, rows);
        // SAFETY: TIOCSWINSZ reads one `struct winsize`.
        let result =
            unsafe { libc::ioctl(self.line.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(result, 0);
        self.signal(Signal::SIGWINCH); // It is not the leader of this terminal's session.
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// Waits for its end. By then the terminal must be as it was.
    #[track_caller]
    fn end(mut self) -> (ExitStatus, String) {
        self.expect(FIRST_SCREEN);
        let status = self.child.wait().unwrap();
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

fn page_view() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_page-view"))
}

/// The program beside a lesson that is a shell script.
fn beside(number: usize, lesson: &str) -> (PathBuf, PathBuf) {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stories-{number}"));
    if let Err(error) = fs::create_dir_all(&directory) {
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }
    let (program, script) =
        (directory.join("page-view"), directory.join(format!("lesson-{number}-x")));
    let _ = fs::remove_file(&program); // Of an earlier run.
    fs::copy(page_view(), &program).unwrap();
    fs::write(&script, format!("#!/bin/sh\nset -e\n{lesson}")).unwrap();
    fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    (program, script)
}

const STORY: &str = r#"
echo 'Ground: a test'; echo
echo '1. The opening'; echo '   alpha'; printf '\036\n'; read key || exit 0
echo; echo '2. Another chapter'; echo '   bravo'; printf '\036\n'; read key || exit 0
"#;

#[test]
fn a_step_follows_each_key_and_q_ends_the_story() {
    let (program, _) = beside(70, STORY);
    let mut terminal = Terminal::start(&program, &["step", "70"], 80);
    terminal.expect(OTHER_SCREEN);
    terminal.expect("The opening");
    terminal.expect("alpha");
    terminal.expect("space: next");
    terminal.press(" ");
    terminal.expect("nother chapter"); // The first letter may be the one that stood there.
    terminal.expect("bravo");
    terminal.resize(40, 10);
    terminal.expect("bravo");
    terminal.press("n");
    terminal.expect("the end: q leaves");
    terminal.press("q");
    assert!(terminal.end().0.success());

    let mut terminal = Terminal::start(&program, &["step", "70"], 80);
    terminal.expect("alpha");
    terminal.press("q");
    assert!(terminal.end().0.success());
}

#[test]
fn a_story_that_fails_says_why_and_is_a_failure() {
    let (program, _) = beside(71, "echo '1. Hm'; echo 'error: open \"x\": no' >&2; exit 1\n");
    let mut terminal = Terminal::start(&program, &["step", "71"], 80);
    terminal.expect("error: open");
    terminal.expect("the story failed: q leaves");
    terminal.press("q");
    let (status, said) = terminal.end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("exitstatus:1"), "{said}");
}

#[test]
fn a_signal_ends_the_story_and_gives_the_terminal_back() {
    use std::os::unix::process::ExitStatusExt;
    let (program, _) = beside(72, STORY);
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let mut terminal = Terminal::start(&program, &["step", "72"], 80);
        terminal.expect("alpha");
        terminal.signal(signal);
        let (status, _) = terminal.end();
        assert_eq!(status.signal(), Some(signal as i32));
    }
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_says_why() {
    let mut terminal = Terminal::start(page_view(), &["panic-on-screen"], 80);
    terminal.expect(OTHER_SCREEN);
    let (status, said) = terminal.end();
    assert_eq!(status.code(), Some(101));
    assert!(said.contains("onthescreen,asasked"), "{said}");
}

#[test]
fn a_watched_mapping_is_drawn_on_the_screen_until_ctrl_c() {
    let me = std::process::id().to_string();
    let mut terminal = Terminal::start(page_view(), &[&me, "[stack]", "--watch"], 80);
    terminal.expect(OTHER_SCREEN);
    terminal.expect("[stack]");
    terminal.expect("q ends");
    terminal.press("\u{3}");
    assert!(terminal.end().0.success());
}

#[test]
fn a_list_is_folded_to_the_terminals_width() {
    let me = std::process::id().to_string();
    let mut terminal = Terminal::start(page_view(), &[&me], 30);
    terminal.child.wait().unwrap();
    drop(terminal.line);
    let text: Vec<u8> = terminal.shown.iter().flatten().collect();
    let text = String::from_utf8_lossy(&text);
    assert!(text.contains("[stack]"), "{text}");
    assert!(text.lines().all(|line| line.trim_end().chars().count() <= 30), "{text}");
}

#[test]
fn a_lesson_that_is_not_there_is_one_line_and_so_is_no_terminal() {
    let mut terminal = Terminal::start(page_view(), &["step", "999"], 200);
    terminal.expect("error: find \"lesson-999-…\"");
    assert_eq!(terminal.child.wait().unwrap().code(), Some(1));
    let output = Command::new(page_view()).args(["step", "1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("needs a terminal"));
}
