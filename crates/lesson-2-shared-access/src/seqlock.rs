//! RIGHT: a sequence lock. The writer makes the sequence odd, stores the words, and makes the
//! sequence even. A reader keeps what it loaded only if the sequence was even, and the same before
//! and after. The writer never waits for a reader. The reader never stores, so its mapping may be
//! read-only. Only one writer may run at a time (`measure` holds a lock). The wrong version is
//! `torn.rs`. `cargo lesson-2` shows both.
//!
//! Each line with an ordering names its partner, the line that it works with in the other process:
//! W1 to W3 in [`publish`], R1 to R3 in [`read`].

use std::sync::atomic::{Ordering::Acquire, Ordering::Relaxed, Ordering::Release, fence};

use common::{Context, Result, Stage, compare, sentence};

use crate::layout::{Reading, Thermometer};
use crate::thermometer::{Reader, Writer};
use crate::{second_process, thermometer_file, torn};

/// Stores a reading in such a way that a reader can detect half of it.
pub fn publish(writer: &Writer, reading: Reading) {
    let shared = writer.thermometer();
    let odd = begin(shared);
    shared.number.store(reading.number, Relaxed);
    shared.millidegrees.store(reading.millidegrees, Relaxed);
    shared.nanoseconds.store(reading.nanoseconds, Relaxed);
    // W3, partner R1: a reader that loads this even number also sees the three words above.
    shared.sequence.store(odd.wrapping_add(1), Release);
}

/// Loads the reading, or returns `None` if a writer may have changed it meanwhile. `between` runs
/// after the first word is loaded, as in [`torn::read`]; a real program passes an empty function.
pub fn read(reader: &Reader, between: impl FnOnce()) -> Option<Reading> {
    let shared = reader.thermometer();
    let before = shared.sequence.load(Relaxed);
    // R1, partner W3: if the load above found an even number, the loads below find the words of that
    // reading, or newer words.
    fence(Acquire);
    let number = shared.number.load(Relaxed);
    between();
    let millidegrees = shared.millidegrees.load(Relaxed);
    let nanoseconds = shared.nanoseconds.load(Relaxed);
    // R2, partner W2: if a load above found a word of a newer reading, the load below finds that
    // reading's odd number, or a higher one: never an even `before`.
    fence(Acquire);
    let after = shared.sequence.load(Relaxed); // R3, partner W1.
    let whole = before.is_multiple_of(2) && before == after;
    whole.then_some(Reading { number, millidegrees, nanoseconds })
}

/// Announces that the words are about to change.
fn begin(shared: &Thermometer) -> u64 {
    // `| 1`, not `+ 1`: a writer that was killed halfway leaves the sequence odd. `+ 1` would make it
    // even, and a reader could accept half a reading.
    let odd = shared.sequence.load(Relaxed) | 1;
    shared.sequence.store(odd, Relaxed); // W1, partner R3.
    // W2, partner R2: the words below come after the odd number. A reader that loads one of these
    // words, and then runs R2, also sees the odd number.
    fence(Release);
    odd
}

/// Leaves what a writer leaves that is killed halfway: the odd number, and the first of the words.
pub fn publish_half(writer: &Writer, reading: Reading) {
    begin(writer.thermometer());
    writer.thermometer().number.store(reading.number, Relaxed);
}

/// The step of the story: the order of loads and stores of `torn.rs`, then an undisturbed read.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("seqlock");
    let file = thermometer_file::demonstration(&path)?;
    let reader = Reader::of(&file).step_on("mmap", &path)?;
    let mut writer = second_process::start(&path)?;
    torn::publish(&mut writer, 1)?;

    let sequence = || reader.thermometer().sequence.load(Relaxed);
    sentence("This process loads the sequence and the number.")?;
    page_view::event("reader", &format!("loads the sequence: {}", sequence()))?;
    page_view::pause()?;
    let mut published = Ok(());
    let refused = read(&reader, || published = torn::publish(&mut writer, 2));
    published?;
    let outcome = if refused.is_none() { "refused" } else { "kept" };
    page_view::event("reader", &format!("loads the sequence: {}, {outcome}", sequence()))?;
    sentence("This process loads the rest. The sequence is 4, not 2.")?;
    compare("the reading is ", outcome, "refused")?;
    let next = read(&reader, || ()).map_or(0, |reading| reading.number);
    compare("the next reading has the number ", next, 2)
}
