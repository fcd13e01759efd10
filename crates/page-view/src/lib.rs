//! What the kernel says about a mapping, page by page. What cannot be known is `None`, never a
//! guess; nothing here touches the memory that it looks at.

mod cache;
mod mapping;
mod pages;

pub use cache::{CacheCounts, cache_counts, resident};
pub use mapping::{Mapping, mapping_at, mappings_of};
pub use pages::{Page, pages};

use procfs::ProcError;
use std::io;

/// The system's error inside a `procfs` one, so that the errno is not lost.
fn system_error(error: ProcError) -> io::Error {
    match error {
        ProcError::Io(cause, _) => cause,
        ProcError::PermissionDenied(_) => io::ErrorKind::PermissionDenied.into(),
        ProcError::NotFound(_) => io::ErrorKind::NotFound.into(),
        other => io::Error::other(other.to_string()),
    }
}
