//! Standard output: lines with or without colour, JSON, and bytes.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use common::clap::{self, ValueEnum};
use common::{Context, Result};
use page_view::{Cell, Line, View};

use crate::{json, svg, sys, text};

/// The width of the text if standard output is no terminal.
const COLUMNS: usize = 80;

/// The output formats of `--format`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Print lines of text.
    Text,
    /// Print one JSON document per mapping of FILE, each on its own line, with the sums of smaps.
    Json,
    /// Draw an SVG, light or dark like the viewer's theme.
    Svg,
}

/// Prints each of these views, which are of one process. JSON has the sums of smaps, text has them if
/// `sums` asks for them.
pub(crate) fn print(views: &mut [View], format: Format, sums: bool) -> Result<()> {
    if sums || format == Format::Json {
        View::add_sums(views)?;
    }
    match format {
        Format::Text => {
            let columns = columns();
            let blocks = views.iter().map(|view| text::lines(view, columns));
            print_lines(&blocks.collect::<Vec<_>>().join(&Line::default()))
        }
        Format::Json => views.iter().try_for_each(|view| print_json(&json::of(view))),
        Format::Svg => write(svg::of(views).as_bytes()),
    }
}

/// Prints these lines, in colour on a terminal.
pub(crate) fn print_lines(lines: &[Line]) -> Result<()> {
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let text: String = lines.iter().map(|line| coloured(line) + "\n").collect();
    out.write_all(text.as_bytes()).step("write to standard output")
}

/// Prints one JSON document on a line.
pub(crate) fn print_json(document: &impl serde::Serialize) -> Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer(&mut out, document).map_err(io::Error::from);
    written.and_then(|()| writeln!(out)).and_then(|()| out.flush()).step("write to standard output")
}

/// Writes bytes as they are.
pub(crate) fn write(bytes: &[u8]) -> Result<()> {
    io::stdout().lock().write_all(bytes).step("write to standard output")
}

/// How wide the terminal is.
pub(crate) fn columns() -> usize {
    sys::terminal_size().map_or(COLUMNS, |(columns, _)| usize::from(columns).max(1))
}

/// Whether standard output is a terminal whose screen can be drawn on.
pub(crate) fn is_screen() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|name| name.is_empty() || name == "dumb");
    io::stdout().is_terminal() && io::stdin().is_terminal() && !dumb
}

/// The colour that repeats what the words say.
pub(crate) fn colour(cell: Cell) -> Option<AnsiColor> {
    match cell {
        Cell::Mapped => Some(AnsiColor::Green),
        Cell::MappedDirty | Cell::CachedDirty => Some(AnsiColor::Yellow),
        Cell::PrivateCopy | Cell::Anonymous => Some(AnsiColor::Magenta),
        Cell::Cached | Cell::PartlyCached => Some(AnsiColor::Cyan),
        Cell::Swapped | Cell::PastEnd => Some(AnsiColor::Red),
        _ => None,
    }
}

fn coloured(line: &Line) -> String {
    let style = Style::new().fg_color(line.cell.and_then(colour).map(Into::into));
    format!("{}{style}{}{style:#}", line.before, line.words)
}
