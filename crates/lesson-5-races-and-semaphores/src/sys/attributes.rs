//! `pthread_mutexattr_t` behind a type: what a new mutex shall be. `cargo lesson-5` asks for a robust
//! and process-shared one.
//!
//! # Safety
//! The attributes are memory of ours alone: initialised when a value is made, destroyed once, when
//! it is dropped.
#![expect(unsafe_code, reason = "mutex attributes, which no crate of ours wraps")]

use std::cell::UnsafeCell;
use std::io;
use std::mem::MaybeUninit;

use libc::{c_int, pthread_mutexattr_t};

use super::by_result;

/// What a new mutex shall be.
pub struct Attributes(UnsafeCell<pthread_mutexattr_t>);

impl Attributes {
    /// `pthread_mutexattr_init`: the defaults.
    ///
    /// # Errors
    /// None on Linux.
    pub fn new() -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call fills the memory that it is given.
        by_result(unsafe { libc::pthread_mutexattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: filled by the call above, which succeeded.
        Ok(Self(UnsafeCell::new(unsafe { attributes.assume_init() })))
    }

    /// What a lock between processes needs: process-shared and robust.
    ///
    /// # Errors
    /// None on Linux.
    pub fn robust_and_shared() -> io::Result<Self> {
        let attributes = Self::new()?;
        attributes.set_shared(libc::PTHREAD_PROCESS_SHARED)?;
        attributes.set_robust(libc::PTHREAD_MUTEX_ROBUST)?;
        Ok(attributes)
    }

    /// `pthread_mutexattr_setpshared`.
    ///
    /// # Errors
    /// `EINVAL` for anything but the two constants.
    pub fn set_shared(&self, shared: c_int) -> io::Result<()> {
        // SAFETY: initialised in `new`, and not destroyed before `drop`.
        by_result(unsafe { libc::pthread_mutexattr_setpshared(self.0.get(), shared) })
    }

    /// `pthread_mutexattr_setrobust`.
    ///
    /// # Errors
    /// `EINVAL` for anything but the two constants.
    pub fn set_robust(&self, robust: c_int) -> io::Result<()> {
        // SAFETY: as in `set_shared`.
        by_result(unsafe { libc::pthread_mutexattr_setrobust(self.0.get(), robust) })
    }

    /// `pthread_mutexattr_settype`.
    ///
    /// # Errors
    /// `EINVAL` for an unknown type.
    pub fn set_type(&self, kind: c_int) -> io::Result<()> {
        // SAFETY: as in `set_shared`.
        by_result(unsafe { libc::pthread_mutexattr_settype(self.0.get(), kind) })
    }

    /// Whether it is process-shared, and whether it is robust, by the constants' numbers.
    ///
    /// # Errors
    /// None on Linux.
    pub fn shared_and_robust(&self) -> io::Result<(c_int, c_int)> {
        let (mut shared, mut robust) = (-1, -1);
        // SAFETY: as in `set_shared`; the call writes one c_int.
        by_result(unsafe { libc::pthread_mutexattr_getpshared(self.0.get(), &raw mut shared) })?;
        // SAFETY: likewise.
        by_result(unsafe { libc::pthread_mutexattr_getrobust(self.0.get(), &raw mut robust) })?;
        Ok((shared, robust))
    }
}

impl Attributes {
    pub(super) fn pointer(&self) -> *const pthread_mutexattr_t {
        self.0.get()
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, destroyed once. It cannot fail.
        unsafe { libc::pthread_mutexattr_destroy(self.0.get()) };
    }
}
