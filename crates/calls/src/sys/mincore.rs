//! `mincore`.
//!
//! # Safety
//! The kernel stores one byte for each page to a vector that has as many, or nothing.
#![expect(unsafe_code, reason = "no crate wraps mincore")]

use std::{io, ptr};

use common::page_size;

use super::Reserved;
use super::reserved::done;

impl Reserved {
    /// `mincore`: for each page of the range, whether it is resident.
    ///
    /// # Errors
    /// `ENOMEM` if a page is not mapped.
    ///
    /// # Panics
    /// If the bytes are not inside.
    pub fn resident(&self, offset: usize, length: usize) -> io::Result<Vec<bool>> {
        let mut vector = vec![0; length.div_ceil(page_size())];
        let start = self.at(offset, length).cast();
        // SAFETY: the vector has a byte for each page of the range.
        done(unsafe { libc::mincore(start, length, vector.as_mut_ptr()) })?;
        Ok(vector.iter().map(|byte| byte & 1 == 1).collect())
    }
}

/// `mincore` of no page at `address`, into a vector at address 1, where nothing is mapped.
///
/// # Errors
/// `EINVAL` if the address is inside a page.
pub fn of_nothing(address: usize) -> io::Result<()> {
    let (start, nowhere) = (ptr::without_provenance_mut(address), ptr::without_provenance_mut(1));
    // SAFETY: there is no page, so the kernel stores nothing.
    done(unsafe { libc::mincore(start, 0, nowhere) })
}
