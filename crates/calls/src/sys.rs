//! System calls that no crate wraps with the arguments that the claims need, one file per call.

pub mod cachestat;
pub mod descriptors;
pub mod futex;
pub mod memfd_create;
pub mod mseal;
pub mod remap_file_pages;
pub mod robust_list;
pub mod second_mapping;
pub mod sync_file_range;
pub mod truncate;
