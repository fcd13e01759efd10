//! What a power cut would leave: three witnesses, none of which is enough by itself.
//!
//! - [`Model`]: what the program's own calls have brought to the disk. Works everywhere.
//! - [`is_dirty`]: whether a page has still to be written. A dirty one convicts, a clean one may
//!   have been cleaned by somebody else.
//! - [`on_a_disk`], [`after_a_reboot`]: as root, a disk of one's own, copied and mounted again.

mod dirty;
mod flushes;
mod model;
mod power;

pub use dirty::{has_disk, is_dirty};
pub use flushes::Flushes;
pub use model::{Flush, Model};
pub use power::{after_a_reboot, on_a_disk};
