//! Lesson 7: what a mapped file gains over pipes, sockets and message queues, and what it loses.
//! `cargo lesson-7` shows the modules in reading order.

pub mod endpoint;
pub mod message;

pub mod boundaries;
pub mod queue;
pub mod stream;

pub mod futex;
pub mod mailbox;

pub mod ring;

pub mod barrier;
pub mod consumer;
pub mod producer;
pub mod ring_endpoints;
pub mod ring_file;

pub mod ring_moments;
pub mod sleep_and_wake;
pub mod thousand_messages;

pub mod death;

pub mod channel;
pub mod round_trip;
pub mod throughput;

pub mod batching;
pub mod spin_or_sleep;

pub mod atomics;
pub mod process;
pub mod roles;
pub mod scenarios;
pub mod second_process;
pub mod sys;
pub mod timeout;

pub use channel::{Channel, Transport};
pub use endpoint::{Endpoint, Wait};

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("Two messages: what does one read return?", boundaries::show),
    Step("How much fits before the sender has to wait", boundaries::show_capacity),
    Step("A ring in a mapped file, moment by moment", ring_moments::show),
    Step("A sleep and its wake-up", sleep_and_wake::show),
    Step("A thousand messages between two processes", thousand_messages::show),
    Step("The other process is killed: what does the survivor get?", death::show),
    Step("One system call for each message, or for 1024", batching::show),
    Step("What spinning and sleeping cost", spin_or_sleep::show),
];
