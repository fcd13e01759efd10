//! ratatui's backend for a terminal with the usual control sequences. Keys and modes are the
//! screen's business.

use std::io::{self, Write};

use ratatui_core::backend::{Backend, ClearType, WindowSize};
use ratatui_core::buffer::Cell;
use ratatui_core::layout::{Position, Size};
use ratatui_core::style::{Color, Modifier};

use crate::sys;

/// What the next flush writes, so that a frame goes out in one piece.
#[derive(Default)]
pub(crate) struct Ansi(Vec<u8>);

/// The size of a terminal that does not tell its size.
const USUAL: Size = Size { width: 80, height: 24 };

/// The styles in use, and their numbers.
const MODIFIERS: [(Modifier, u8); 3] =
    [(Modifier::BOLD, 1), (Modifier::DIM, 2), (Modifier::REVERSED, 7)];

impl Backend for Ansi {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut next = None;
        let mut style = None;
        for (x, y, cell) in content {
            if next != Some((x, y)) {
                write!(self.0, "\x1b[{};{}H", y + 1, x + 1)?;
            }
            if style != Some((cell.fg, cell.modifier)) {
                write!(self.0, "\x1b[0;{}", colour(cell.fg))?;
                let sets =
                    MODIFIERS.iter().filter(|(modifier, _)| cell.modifier.contains(*modifier));
                sets.into_iter().try_for_each(|(_, code)| write!(self.0, ";{code}"))?;
                write!(self.0, "m")?;
            }
            write!(self.0, "{}", cell.symbol())?;
            style = Some((cell.fg, cell.modifier));
            next = Some((x + 1, y)); // After a wide character this is wrong, and the cursor is moved again.
        }
        write!(self.0, "\x1b[0m")
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        write!(self.0, "\x1b[?25l")
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        write!(self.0, "\x1b[?25h")
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN) // Only inline views ask for it, and this is none.
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        write!(self.0, "\x1b[{};{}H", y + 1, x + 1)
    }

    fn clear(&mut self) -> io::Result<()> {
        write!(self.0, "\x1b[0m\x1b[2J\x1b[H")
    }

    fn clear_region(&mut self, part: ClearType) -> io::Result<()> {
        let sequence = match part {
            ClearType::All => return self.clear(),
            ClearType::AfterCursor => "\x1b[0J",
            ClearType::BeforeCursor => "\x1b[1J",
            ClearType::CurrentLine => "\x1b[2K",
            ClearType::UntilNewLine => "\x1b[0K",
        };
        write!(self.0, "{sequence}")
    }

    fn size(&self) -> io::Result<Size> {
        let known = sys::terminal_size().map(|(width, height)| Size { width, height });
        Ok(known.unwrap_or(USUAL))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(&self.0)?;
        self.0.clear();
        out.flush()
    }
}

fn colour(colour: Color) -> u8 {
    match colour {
        Color::Red => 31,
        Color::Green => 32,
        Color::Yellow => 33,
        Color::Magenta => 35,
        Color::Cyan => 36,
        _ => 39,
    }
}
