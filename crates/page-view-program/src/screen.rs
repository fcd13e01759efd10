//! The whole screen of the terminal. After the end, an error, a panic or a signal the terminal is as it
//! was before.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::panic;
use std::sync::Mutex;

use anstyle::AnsiColor;
use common::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use ratatui_core::style::{Color, Style};
use ratatui_core::terminal::Terminal;
use ratatui_core::text::{Line, Span};

use crate::ansi::Ansi;

/// The terminal's modes before it was taken, while it is taken.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

const SIGNALS: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGWINCH];

/// The screen, taken.
pub(crate) struct Screen {
    terminal: Terminal<Ansi>,
    signals: SignalFd,
}

/// What ends a wait.
pub(crate) enum Event {
    /// Space, Enter, n, or the right arrow.
    Next,
    /// q, Escape, Ctrl-C, or the end of the keyboard.
    Quit,
    /// A signal that ends the program.
    Signal(Signal),
    /// The other descriptor has something to read, or ended.
    Other,
    /// Any other key.
    Help,
    /// The terminal has another size, or time has passed.
    Look,
}

impl Screen {
    /// Takes the screen. Processes started after this inherit blocked signals: start them before.
    pub(crate) fn take() -> Result<Self> {
        let blocked = SigSet::from_iter(SIGNALS);
        blocked.thread_block().step("block signals")?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&blocked, flags).step("signalfd")?;
        let before = tcgetattr(io::stdin()).step("ask for the terminal's modes")?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        *BEFORE.lock().unwrap_or_else(|held| held.into_inner()) = Some(before);
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |what| {
            give_back(); // First: a message on the other screen would vanish with it.
            told(what);
        }));
        let screen = Terminal::new(Ansi::default()).step("ask for the terminal's size")?;
        let mut screen = Self { terminal: screen, signals };
        tcsetattr(io::stdin(), SetArg::TCSADRAIN, &raw).step("set the terminal's modes")?;
        write!(io::stdout(), "\x1b[?1049h\x1b[?25l").step("write to standard output")?;
        screen.terminal.clear().step("clear the screen")?;
        Ok(screen)
    }

    /// Draws these lines from the top; what does not fit is cut off.
    pub(crate) fn draw(&mut self, lines: &[Line<'_>]) -> Result<()> {
        let draw = |frame: &mut ratatui_core::terminal::Frame<'_>| {
            for (row, line) in frame.area().rows().zip(lines) {
                frame.render_widget(line, row);
            }
        };
        self.terminal.draw(draw).map(|_| ()).step("draw on the screen")
    }

    /// Waits for a key, a signal, the descriptor `other`, or for `patience` milliseconds.
    pub(crate) fn wait(&self, other: Option<BorrowedFd<'_>>, patience: u16) -> Result<Event> {
        let keyboard = io::stdin();
        let mut wakers = vec![(keyboard.as_fd(), 0), (self.signals.as_fd(), 1)];
        wakers.extend(other.map(|other| (other, 2)));
        let mut asked: Vec<_> =
            wakers.iter().map(|(fd, _)| PollFd::new(*fd, PollFlags::POLLIN)).collect();
        match poll(&mut asked, PollTimeout::from(patience)) {
            Err(nix::errno::Errno::EINTR) => return Ok(Event::Look),
            result => result.step("poll")?,
        };
        let ready: Vec<_> = asked.iter().map(|fd| fd.any().unwrap_or(false)).collect();
        if ready[1]
            && let Some(signal) = self.signals.read_signal().step("read the signalfd")?
        {
            let number = i32::try_from(signal.ssi_signo).map_err(io::Error::other);
            return Ok(match Signal::try_from(number.step("read the signalfd")?) {
                Ok(Signal::SIGWINCH) | Err(_) => Event::Look,
                Ok(signal) => Event::Signal(signal),
            });
        }
        if ready[0] {
            let mut keys = [0; 64];
            let count = nix::unistd::read(&keyboard, &mut keys).unwrap_or(0); // Hung up: the end.
            return Ok(match &keys[..count] {
                [] | [b'q' | 0x1b | 0x03, ..] if keys[..count] != *b"\x1b[C" => Event::Quit,
                [b' ' | b'\r' | b'\n' | b'n', ..] | b"\x1b[C" => Event::Next,
                _ => Event::Help,
            });
        }
        Ok(if ready.get(2) == Some(&true) { Event::Other } else { Event::Look })
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> (usize, usize) {
        let size = self.terminal.size().unwrap_or_default();
        (usize::from(size.width), usize::from(size.height))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
        if !std::thread::panicking() {
            let _ = panic::take_hook(); // Ours has nothing left to give back.
        }
        let _ = SigSet::from_iter(SIGNALS).thread_unblock(); // A waiting signal has its effect now.
    }
}

/// Puts the terminal back, once.
fn give_back() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(|held| held.into_inner()).take() {
        let mut out = io::stdout();
        let _ = write!(out, "\x1b[0m\x1b[?25h\x1b[?1049l").and_then(|()| out.flush());
        let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &before);
    }
}

/// Ends as this signal ends a program, once the screen has been given back.
pub(crate) fn end_by(signal: Signal) -> Result<()> {
    raise(signal).step("end by a signal")
}

/// Takes the screen and panics.
pub(crate) fn panic() -> Result<()> {
    let _screen = Screen::take()?;
    panic!("on the screen, as asked");
}

/// A picture's line as the screen draws it.
pub(crate) fn styled(line: &page_view::Line) -> Line<'static> {
    let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let colour = line.cell.and_then(crate::output::colour).filter(|_| colours);
    let style = Style::new().fg(colour.map_or(Color::Reset, self::colour));
    vec![Span::raw(line.before.clone()), Span::styled(line.words.clone(), style)].into()
}

fn colour(colour: AnsiColor) -> Color {
    match colour {
        AnsiColor::Green => Color::Green,
        AnsiColor::Yellow => Color::Yellow,
        AnsiColor::Magenta => Color::Magenta,
        AnsiColor::Cyan => Color::Cyan,
        AnsiColor::Red => Color::Red,
        _ => Color::Reset,
    }
}
