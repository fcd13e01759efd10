//! Lesson 7: what a mapped file buys over pipes, sockets and message queues. The modules, in reading
//! order: `cargo lesson-7` shows them all.

pub mod end;
pub mod message;

pub mod boundaries;
pub mod stream;

pub mod queue;

pub mod cache_line;
pub mod futex;
pub mod futex_pair;
pub mod mailbox;

pub mod ring;

pub mod barrier;
pub mod consumer;
pub mod producer;
pub mod ring_ends;
pub mod ring_file;

pub mod across;
pub mod death;

pub mod round_trip;
pub mod spin_or_sleep;
pub mod throughput;
pub mod transport;

pub mod atomics;
pub mod cores;
pub mod patience;
pub mod roles;
pub mod scenes;
pub mod second;
pub mod sys;

pub use end::{End, Wait};
pub use transport::{Transport, Way};

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("Two messages, and what one read brings", boundaries::show),
    Step("How much each takes before the writer has to wait", boundaries::show_room),
    Step("A ring in a mapped file: the job, between two processes", across::show),
    Step("The other process is killed: who is told", death::show),
    Step("Spinning or sleeping: the honest table", spin_or_sleep::show),
];
