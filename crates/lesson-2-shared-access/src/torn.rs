//! WRONG: loads a reading of three words as if nobody stored meanwhile. Each load is a legal atomic
//! one and none is torn; the reading is. The repair is `seqlock.rs`. `cargo lesson-2` shows both.

use std::sync::atomic::Ordering::Relaxed;

use common::{Context, Peer, Result, Stage, say};

use crate::layout::Reading;
use crate::thermometer::Reader;
use crate::thermometer_file;

/// Loads the reading. `between` runs when the first word is loaded and the others are not: in this
/// lesson, a hand-over to the writer; in life, whatever the scheduler does.
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
    let mut writer = Peer::start(["second".as_ref(), path.as_os_str()])?;
    writer.hear()?;
    publish(&mut writer, 1)?;

    say!("   this process loads the reading's number, then hands over")?;
    page_view::pause()?;
    let mut published = Ok(());
    let reading = read(&reader, || published = publish(&mut writer, 2));
    published?;
    say!("   this process loads the rest")?;
    say!("   it has: number {}, {} millidegrees", reading.number, reading.millidegrees)?;
    say!("   (expected number 1 with 2000: torn; published were 1 with 1000 and 2 with 2000)")
}

/// Has the writer publish reading `number`, waits until it has, and says what it loads then.
pub(crate) fn publish(writer: &mut Peer, number: u64) -> Result<()> {
    writer.tell(&format!("publish {number}"))?;
    writer.hear()?;
    writer.tell("reading")?;
    say!("    the second process publishes, and loads: {}", writer.hear()?)
}
