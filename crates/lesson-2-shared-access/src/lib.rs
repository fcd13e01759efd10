//! Lesson 2: one memory, several processes. The modules, in reading order: `cargo lesson-2` shows
//! them all.

pub mod bytes;
pub mod sys;

mod picture;
pub mod second;
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

pub mod copy;
pub mod sealed;
pub mod slice;
pub mod twice;
pub mod volatile;

pub mod diskless;
pub mod killed;
pub mod resized;

pub mod scenes;

pub use bytes::Bytes;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("Two strangers, one file: a store is seen without msync", visible::show),
    Step("Parent and child, no file", inherited::show),
    Step("A reading in two halves is torn", torn::show),
    Step("The same schedule, refused by a seqlock", seqlock::show),
    Step("The ladder: a slice promises what nobody keeps", slice::show),
    Step("The ladder: two loads, two answers", twice::show),
    Step("The ladder: volatile is no cure", volatile::show),
    Step("The ladder: load once, check the copy, use the copy", copy::show),
    Step("The ladder: sealed memory keeps the slice's promise", sealed::show),
    Step("The same without a disk: shm_open", diskless::show),
    Step("Growing and truncating under a mapping", resized::show),
    Step("A killed writer loses nothing", killed::show),
];
