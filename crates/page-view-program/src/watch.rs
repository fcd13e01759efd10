//! The same view again and again until the process ends: drawn in place on a screen, or printed to a
//! pipe whenever it changes.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::fd::AsFd;

use common::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use page_view::{Line, View, mappings_of, maps_of};

use crate::output::{Format, columns, is_screen, print_lines};
use crate::screen::{Event, Screen, end_by, styled};
use crate::{choice, json, listing, text};

/// Milliseconds between two looks.
const BETWEEN_LOOKS: u16 = 250;

/// Watches the mapping of process `pid` that `typed` names.
pub(crate) fn mapping(pid: u32, typed: &OsStr, format: Format) -> Result<()> {
    let mut starts: Vec<usize> =
        choice::mappings(pid, typed)?.iter().map(|mapping| mapping.addresses.start).collect();
    let mut look = move || {
        let mut mappings = choice::living(pid, maps_of)?;
        mappings.retain(|mapping| starts.binary_search(&mapping.addresses.start).is_ok());
        if mappings.len() < starts.len() {
            // One has been unmapped; the file may be mapped elsewhere now.
            mappings = choice::mappings(pid, typed)?;
            starts = mappings.iter().map(|mapping| mapping.addresses.start).collect();
        }
        let mut views = View::of_mappings(pid, mappings)?;
        if format == Format::Json {
            View::add_sums(&mut views)?; // Text leaves them out: they cost the process most.
        }
        Ok(views)
    };
    match format {
        Format::Json => watch(pid, false, &mut look, |views, _| {
            views.iter().map(|view| line_of(&json::of(view))).collect()
        }),
        _ => watch(pid, is_screen(), &mut look, |views, columns| {
            Ok(views.iter().flat_map(|view| text::lines(view, columns)).collect())
        }),
    }
}

/// Watches the list of mappings of process `pid`.
pub(crate) fn list(pid: u32, format: Format) -> Result<()> {
    let look = || choice::living(pid, mappings_of);
    match format {
        Format::Json => {
            watch(pid, false, look, |mappings, _| Ok(vec![line_of(&listing::of(pid, mappings))?]))
        }
        _ => {
            watch(pid, is_screen(), look, |mappings, columns| Ok(listing::lines(mappings, columns)))
        }
    }
}

/// Looks, shows and waits until the process or the reader ends. The first look must succeed.
fn watch<T>(
    pid: u32,
    on_screen: bool,
    mut look: impl FnMut() -> Result<T>,
    show: impl Fn(&T, usize) -> Result<Vec<Line>>,
) -> Result<()> {
    let mut seen = look()?;
    let mut screen = if on_screen { Some(Screen::take()?) } else { None };
    let mut printed = Vec::new();
    let failure = loop {
        if let Some(screen) = &mut screen {
            let (columns, rows) = screen.size();
            let mut lines: Vec<_> = show(&seen, columns)?.iter().map(styled).collect();
            lines.truncate(rows.saturating_sub(1));
            lines.push(format!("watching process {pid}: q ends").into());
            screen.draw(&lines)?;
        } else {
            let lines = show(&seen, columns())?;
            if lines != printed {
                print_lines(&lines)?;
                printed = lines;
            }
        }
        let event = match &screen {
            Some(screen) => screen.wait(None, BETWEEN_LOOKS)?,
            None => wait_for_reader()?,
        };
        match event {
            Event::Quit => return Ok(()),
            Event::Signal(signal) => {
                drop(screen);
                return end_by(signal);
            }
            Event::Next | Event::Help | Event::Look | Event::Other => {}
        }
        match look() {
            Ok(again) => seen = again,
            Err(failure) => break failure,
        }
    };
    drop(screen);
    if choice::living(pid, maps_of).is_ok() {
        return Err(failure); // It lives: it has unmapped the file, or we may not see it any more.
    }
    if on_screen {
        print_lines(&show(&seen, columns())?)?; // The last picture stays.
    }
    // On standard error, because standard output may be read as JSON.
    let _ = writeln!(io::stderr(), "process {pid} has ended"); // Nobody needs to hear it.
    Ok(())
}

/// Waits; a reader that closes the pipe ends the watch.
fn wait_for_reader() -> Result<Event> {
    let out = io::stdout();
    let mut asked = [PollFd::new(out.as_fd(), PollFlags::empty())];
    match poll(&mut asked, PollTimeout::from(BETWEEN_LOOKS)) {
        Ok(0) | Err(nix::errno::Errno::EINTR) => Ok(Event::Look),
        Ok(_) => Ok(Event::Quit),
        Err(error) => Err(error).step("poll"),
    }
}

fn line_of(document: &impl serde::Serialize) -> Result<Line> {
    let before = serde_json::to_string(document).map_err(io::Error::from).step("write JSON")?;
    Ok(Line::plain(before))
}
