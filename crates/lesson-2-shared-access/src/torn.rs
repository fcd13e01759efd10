//! WRONG: loads the three words of a reading as if no process stored meanwhile. Each load is a legal
//! atomic load and returns a whole word, but the reading mixes two readings. The repair is
//! `seqlock.rs`. `cargo lesson-2` shows both.

use std::sync::atomic::Ordering::Relaxed;

use common::{Context, Peer, Result, Stage, compare, sentence};

use crate::layout::{self, Reading};
use crate::second_process;
use crate::thermometer::Reader;
use crate::thermometer_file;

/// Loads the reading. `between` runs after the first load and before the others. In this lesson it
/// lets the writer run; in a real program, the scheduler may do so at any moment.
pub fn read(reader: &Reader, between: impl FnOnce()) -> Reading {
    let shared = reader.thermometer();
    let number = shared.number.load(Relaxed);
    between();
    let millidegrees = shared.millidegrees.load(Relaxed);
    let nanoseconds = shared.nanoseconds.load(Relaxed);
    Reading { number, millidegrees, nanoseconds }
}

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("torn");
    let file = thermometer_file::demonstration(&path)?;
    let reader = Reader::of(&file).step_on("mmap", &path)?;
    let mut writer = second_process::start(&path)?;
    publish(&mut writer, 1)?;
    page_view::layout("the thermometer's file", &layout::FIELDS)?;
    sentence("This process loads the reading's number: 1")?;
    page_view::event("reader", "loads the number: 1")?;
    page_view::pause()?;
    let mut between = Ok(());
    let reading = read(&reader, || between = publish(&mut writer, 2));
    between?;
    let temperature = reading.temperature();
    sentence(&format!("This process loads the temperature: {temperature}"))?;
    page_view::event("reader", &format!("loads the temperature: {temperature}"))?;
    let published = [1, 2].map(Reading::number).contains(&reading);
    compare("the reading is ", if published { "whole" } else { "torn" }, "torn")?;
    sentence(&format!("The writer never published number {} with {temperature}.", reading.number))
}

/// Makes the writer publish reading `number`, and says what the writer then loads.
pub(crate) fn publish(writer: &mut Peer, number: u32) -> Result<()> {
    writer.ask(&format!("publish {number}"))?;
    let reading = writer.ask("reading")?;
    page_view::event("writer", &format!("publishes reading {number}"))?;
    sentence(&format!(" The second process publishes. {reading}"))
}
