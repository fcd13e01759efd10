//! What the kernel knows about the pages of a mapping, and pictures of it. Whatever the kernel hides
//! is `None`. Nothing here touches the memory that it looks at, or stops the process.
//!
//! ```
//! # fn main() -> common::Result<()> {
//! let number = Box::new(7);
//! let view = page_view::View::here(std::ptr::from_ref(&*number).addr())?;
//! println!("{}", page_view::draw(&view, "   the heap", 80));
//! # Ok(())
//! # }
//! ```
//!
//! # Figures of a lesson
//!
//! A figure is drawn from a run of the lesson's story. A text names it:
//! `![](figures/lesson-4-step-2-looks-1-3.svg)`. Then `just figures 4` draws it and writes its words
//! between the brackets. `cargo page-view looks 4` prints the story with the names of its figures.
//!
//! - `lesson-N-step-S-look-K` shows memory at the K-th [`pause`] of step S, and
//!   `lesson-N-step-S-looks-J-K` two pauses side by side. The pages are those that [`show_rows`] or
//!   [`show()`] printed last, in every process of the story. [`look()`] is a pause with a title.
//! - `lesson-N-step-S-timeline` shows the events that step S reports: [`event`], [`event_to`],
//!   [`event_asleep`].
//! - `lesson-N-step-S-layout` shows what lies where in memory: [`layout`].

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
pub use maps::{Mapping, for_people, is_named, mapping_at, mappings_of, maps_of};
pub use opened::{Identity, identity_of};
pub use pages::{Page, pages};
pub use picture::{CELLS, Cell, Line, draw, lines, page_range, parts};
pub use report::{Field, Report, Row, event, event_asleep, event_to, killed, layout, look};
pub use runs::{Run, State};
pub use show::{show, show_rows};
pub use view::{FileFacts, MOST_FRAMES, View};
