//! What the kernel says about a mapping, page by page, and how to draw it. What cannot be known is
//! `None`, never a guess; nothing here touches the memory that it looks at, stops the process whose
//! it is, or changes what the kernel counts about it.
//!
//! ```
//! # fn main() -> common::Result<()> {
//! let number = Box::new(7);
//! let view = page_view::View::here(std::ptr::from_ref(&*number).addr())?;
//! println!("{}", page_view::draw(&view, "   the heap", 80));
//! # Ok(())
//! # }
//! ```

mod cache;
mod cached;
mod frames;
mod maps;
mod opened;
mod pages;
mod picture;
mod report;
mod runs;
mod scan;
mod show;
mod view;
mod window;

pub use cache::{CacheCounts, cache_counts, cache_counts_in, resident};
pub use common::{in_steps, pause};
pub use maps::{Mapping, is_named, mapping_at, mappings_of, maps_of};
pub use opened::{Identity, identity_of};
pub use pages::{Page, pages};
pub use picture::{CELLS, Cell, Line, draw, lines, page_range, parts};
pub use report::{Field, Report, Row, event, event_asleep, event_to, layout, look};
pub use runs::{Run, State};
pub use show::{show, show_rows};
pub use view::{FileFacts, MOST_FRAMES, View};
