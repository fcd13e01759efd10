//! RIGHT: a sequence lock. The writer makes the sequence odd, stores, makes it even; a reader keeps
//! what it loaded only if the sequence was even and the same before and after. The writer never
//! waits, the reader never stores: its mapping may be for reading only. There is one writer at a time
//! (`measure` holds a lock). The wrong version is `torn.rs`; `cargo lesson-2` shows both.
//!
//! Each ordering names its partner line: W1 to W3 in [`publish`], R1 to R3 in [`read`].

use std::sync::atomic::{Ordering::Acquire, Ordering::Relaxed, Ordering::Release, fence};

use common::{Context, Peer, Result, Stage, say};

use crate::layout::{Reading, Thermometer};
use crate::thermometer::{Reader, Writer};
use crate::{thermometer_file, torn};

/// Stores a reading so that no reader takes a half of it for a whole.
pub fn publish(writer: &Writer, reading: Reading) {
    let shared = writer.thermometer();
    let odd = begin(shared);
    shared.number.store(reading.number, Relaxed);
    shared.millidegrees.store(reading.millidegrees, Relaxed);
    shared.nanoseconds.store(reading.nanoseconds, Relaxed);
    // W3, partner R1: a reader that loads this even number sees all three words above it.
    shared.sequence.store(odd.wrapping_add(1), Release);
}

/// Loads the reading, or `None` if the writer was in it. `between` runs when the first word is
/// loaded and the others are not, as in [`torn::read`]; a program has nothing to do there.
pub fn read(reader: &Reader, between: impl FnOnce()) -> Option<Reading> {
    let shared = reader.thermometer();
    let before = shared.sequence.load(Relaxed);
    // R1, partner W3: with the load above an acquire load, legal on a page for reading only.
    fence(Acquire);
    let number = shared.number.load(Relaxed);
    between();
    let millidegrees = shared.millidegrees.load(Relaxed);
    let nanoseconds = shared.nanoseconds.load(Relaxed);
    // R2, partner W2: if a load above saw a word of a later reading, the load below sees its odd
    // number or a higher one.
    fence(Acquire);
    let after = shared.sequence.load(Relaxed); // R3, partner W1: what it must not have missed.
    let whole = before.is_multiple_of(2) && before == after;
    whole.then_some(Reading { number, millidegrees, nanoseconds })
}

/// Announces that the words are about to change. A writer killed halfway left an odd number: it
/// stays odd, and no reader has taken anything since.
fn begin(shared: &Thermometer) -> u64 {
    let odd = shared.sequence.load(Relaxed) | 1; // This writer's own store, or its predecessor's.
    shared.sequence.store(odd, Relaxed); // W1, partner R3.
    // W2, partner R2: the stores after this fence are not seen without the odd number before it.
    fence(Release);
    odd
}

/// What a writer leaves that is killed halfway: the odd number, and the first of the words.
pub fn publish_half(writer: &Writer, reading: Reading) {
    begin(writer.thermometer());
    writer.thermometer().number.store(reading.number, Relaxed);
}

/// The step of the story: the schedule of `torn.rs`, and once more without interruption.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("seqlock");
    let file = thermometer_file::demonstration(&path)?;
    let reader = Reader::of(&file).step_on("mmap", &path)?;
    let mut writer = Peer::start(["second".as_ref(), path.as_os_str()])?;
    writer.hear()?;
    torn::publish(&mut writer, 1)?;

    say!("   this process loads the sequence and the number, then hands over")?;
    page_view::pause()?;
    let mut published = Ok(());
    let refused = read(&reader, || published = torn::publish(&mut writer, 2));
    published?;
    say!("   this process loads the rest, and the sequence again")?;
    say!("   it has: {refused:?} (expected None: the sequence went from 2 to 4)")?;
    let Some(reading) = read(&reader, || ()) else {
        return say!("   once more: refused (expected number 2)");
    };
    say!("   once more: number {}, {} millidegrees", reading.number, reading.millidegrees)?;
    say!("   (expected number 2 with 2000)")
}
