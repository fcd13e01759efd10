//! Interleave.
pub mod calls;
mod call;
pub mod event;
mod handle;
mod hold;
mod idle;
mod mapping;
pub mod replay;
pub mod schedule;
mod space;
mod store;
mod sys;
mod task;
mod world;
pub use world::{Pause, Stop, World};
pub use event::{Event, What, Act, Point};
