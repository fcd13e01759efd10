//! The test harness of all lessons: scratch directories, programs with deadlines, and facts about the
//! machine. It reports errors by panicking, as tests do.
#![expect(clippy::expect_used, reason = "a harness fails by panicking, with the step's name")]

#[cfg(target_env = "gnu")]
mod c_library;
mod control;
mod errno;
mod ground;
mod left_out;
mod page_cache;
mod picture;
mod program;

#[cfg(target_env = "gnu")]
pub use c_library::glibc_version;
pub use control::undisturbed;
pub use errno::errno;
pub use ground::{file_system, is_root, kernel_at_least, make_checkout, scratch};
pub use left_out::{left_out, unless_mounts_are_refused};
pub use page_cache::{cached_pages, dirty_pages, has_cachestat};
pub use picture::pictures;
pub use program::{Ended, Program, Running};
