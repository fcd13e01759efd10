//! System calls that no crate wraps with the arguments that the claims need, one file per call.

mod fault;
mod reserved;

pub mod cachestat;
pub mod descriptors;
pub mod futex;
pub mod madvise;
pub mod memfd_create;
pub mod mincore;
pub mod mlock;
pub mod mprotect;
pub mod mremap;
pub mod mseal;
pub mod msync;
pub mod remap_file_pages;
pub mod robust_list;
pub mod scanf;
pub mod second_mapping;
pub mod signals;
pub mod sync_file_range;
pub mod truncate;

pub use fault::{in_child, try_load_from_map_failed};
pub use reserved::Reserved;
