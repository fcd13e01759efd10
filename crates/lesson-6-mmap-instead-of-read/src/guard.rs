//! The guard: a handler of SIGBUS that puts a page of zeros where a file's page has gone, takes a
//! note and lets the load go on. Wayland's libraries guard their shared buffers like this.
//! `cargo lesson-6` shows it.
//!
//! # Safety
//! A SIGBUS of a load comes to the thread that loads, at that load. So the handler looks only for
//! guards of its own thread, which cannot be changing while this thread is in a load; a [`Guard`]
//! is not `Send` and not `Sync`. It replaces a page only inside a [`View`] that a live `Guard` owns:
//! read-only memory, reached by atomic loads alone, so that other bytes there break no promise.
//! The handler touches atomics only, takes no lock, allocates nothing and leaves `errno` alone.
//! `sigaction` and `raise`, which it calls, are async-signal-safe; `mmap` and `gettid` stand on no
//! such list, but are bare system calls in glibc: every guard of this kind rests on that.
//!
//! What is not ours is passed on to the action that was there before: a fault at any other address,
//! a SIGBUS that someone sent, a fault in a forked child (its thread is another one). A thread that
//! blocks SIGBUS is killed, guard or no guard. Whoever installs a handler of SIGBUS while a guard
//! lives puts ours back before the last guard goes.
#![expect(unsafe_code, reason = "a signal handler that replaces pages")]

use std::cell::Cell;
use std::io;
use std::marker::PhantomData;
use std::sync::atomic::{Ordering::SeqCst, compiler_fence};
use std::sync::{Mutex, PoisonError};

use crate::action::{self, Action};
use crate::slot::Slot;
use crate::sys;
use crate::view::View;

pub use crate::slot::MOST;

/// How many guards live: the first installs the handler, the last puts the old action back.
static LIVING: Mutex<usize> = Mutex::new(0);

/// A view whose missing pages are an error in place of a signal.
pub struct Guard {
    slot: &'static Slot,
    view: View,
    of_one_thread: PhantomData<Cell<*const ()>>,
}

impl Guard {
    /// Guards `view`, for the calling thread.
    ///
    /// # Errors
    /// `ResourceBusy` if [`MOST`] guards live already.
    pub fn over(view: View) -> io::Result<Self> {
        let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = Slot::take(view.address(), view.len()).ok_or(io::ErrorKind::ResourceBusy)?;
        if *living == 0 {
            action::install(on_sigbus).inspect_err(|_| slot.free())?;
        }
        *living += 1;
        Ok(Self { slot, view, of_one_thread: PhantomData })
    }

    /// Bytes in view.
    #[allow(clippy::len_without_is_empty, reason = "as for the view")]
    pub fn len(&self) -> usize {
        self.view.len()
    }

    /// As [`View::copy_to`].
    ///
    /// # Errors
    /// The offset of the first byte that was not there, in this or an earlier call; `buffer` is
    /// not to be believed then.
    ///
    /// # Panics
    /// If the range reaches past the view.
    pub fn copy_to(&self, offset: usize, buffer: &mut [u8]) -> Result<(), usize> {
        self.view.copy_to(offset, buffer);
        compiler_fence(SeqCst); // The note is read after the loads during which it is taken.
        self.slot.missing().map_or(Ok(()), |address| Err(address - self.view.address()))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
        self.slot.free(); // Before `view` is unmapped, which comes after this.
        *living -= 1;
        if *living == 0 {
            action::uninstall(on_sigbus);
        }
    }
}

/// What the kernel calls on SIGBUS.
extern "C" fn on_sigbus(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    let errno = sys::errno();
    // SAFETY: the kernel's own pointer, as SA_SIGINFO promises.
    let fault = unsafe { sys::fault_address(info) };
    if !fault.is_some_and(replaced) {
        match action::previous() {
            Action::Function(function) => {
                // SAFETY: the function that was installed for SIGBUS, called with what it gets.
                unsafe { function.call(signal, info, context) };
                // It may have put another action in our place: Rust's own, which looks for stack
                // overflows, gives up and leaves the default. Guards that live still need ours.
                let _ = action::install(on_sigbus);
            }
            Action::Ignore if fault.is_none() => {}
            // The default kills. A fault comes again as soon as this returns; what was sent does
            // not, so it is sent again.
            Action::Default | Action::Ignore => action::die_of(signal, fault.is_none()),
        }
    }
    sys::set_errno(errno);
}

/// Puts zeros where `address` is, if it is in a guarded view of this thread.
fn replaced(address: usize) -> bool {
    Slot::holding(address).is_some_and(|slot| {
        let (page, length) = slot.note(address);
        // SAFETY: the page lies in a view that a guard of this thread owns and that is read-only
        // and reached by atomic loads alone.
        unsafe { sys::map_zeros_over(page, length) }
    })
}
