//! Lesson 2: one memory, several processes. The modules stand in reading order; `cargo lesson-2`
//! shows them all.

pub mod bytes;
pub mod sys;

mod picture;
pub mod second_process;
pub mod visible;

pub mod inherited;

pub mod layout;
pub mod seqlock;
pub mod torn;

pub mod measure;
pub mod thermometer;
pub mod thermometer_file;
pub mod waiting;
pub mod watch;

pub mod obey;

pub mod copy;
pub mod sealed;
pub mod slice;
pub mod twice;
pub mod volatile;

pub mod diskless;
pub mod killed;
pub mod resized;

pub mod scenarios;

pub use bytes::Bytes;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("Two unrelated processes see each other's stores", visible::show),
    Step("A parent and its child share memory without a file", inherited::show),
    Step("A reading loaded in two halves is torn", torn::show),
    Step("A seqlock refuses the torn reading", seqlock::show),
    Step("Shared bytes can stop being UTF-8 after the check", slice::show),
    Step("Two loads of one length return two lengths", twice::show),
    Step("Two volatile loads of one length also return two lengths", volatile::show),
    Step("Load once, check the copy, use the copy", copy::show),
    Step("Sealed memory may be a slice", sealed::show),
    Step("Without a disk: shm_open", diskless::show),
    Step("A file grows and shrinks under its mappings", resized::show),
    Step("A killed writer loses nothing that it stored", killed::show),
];
