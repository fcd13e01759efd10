//! Lesson 7: what a mapped file buys over pipes, sockets and message queues. The modules, in reading
//! order: `cargo lesson-7` shows them all.

pub mod end;
pub mod message;

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

pub mod round_trip;
pub mod throughput;
pub mod transport;

pub mod atomics;
pub mod patience;
pub mod sys;

pub use end::{End, Wait};
pub use transport::{Transport, Way};
