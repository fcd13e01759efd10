//! libc calls behind typed wrappers; each file can be audited by itself. `cargo lesson-4` uses
//! them.

mod fork;
mod raw_mapping;
mod remap;
mod semaphore;

pub use fork::{ForkedChild, Pipes, fork};
pub use raw_mapping::{RawMapping, lock_future_mappings};
pub use semaphore::Semaphore;
