//! System calls that no crate wraps with the arguments that the claims need, one file per call.

pub mod descriptors;
pub mod futex;
pub mod memfd_create;
pub mod robust_list;
pub mod truncate;
