//! The guard: a handler of SIGBUS. Where the file's page is gone, the handler maps a page of zeros,
//! records the address, and lets the load continue. Wayland's libraries guard their shared buffers in
//! a similar way. `cargo lesson-6` shows it.
//!
//! # Safety
//! - A SIGBUS that a load causes comes to the thread that loads, at that load. So the handler looks
//!   only for guards of its own thread, and they cannot be changing while this thread is in a load:
//!   a [`Guard`] is not `Send` and not `Sync`.
//! - The handler replaces a page only inside a [`View`] that a live `Guard` owns. That memory is
//!   read-only and is only loaded atomically, so other bytes there break no promise.
//! - The handler uses atomics only, takes no lock, allocates nothing and restores `errno`. It calls
//!   `sigaction` and `raise`, which are async-signal-safe, and `mmap` and `gettid`, which POSIX does
//!   not list as such. In glibc both are bare system calls; every guard of this kind relies on that.
//!
//! Every other SIGBUS goes to the earlier action: a fault at another address, a signal that someone
//! sent, a fault in a forked child (its thread has another number). A thread that blocks SIGBUS is
//! killed despite the guard. Code that installs its own handler of SIGBUS while a guard lives must
//! restore ours before the last guard is dropped.
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

/// How many guards live. The first installs the handler; the last restores the earlier action.
static LIVING: Mutex<usize> = Mutex::new(0);

/// A view in which a missing page is an error instead of a signal.
pub struct Guard {
    slot: &'static Slot,
    view: View,
    of_one_thread: PhantomData<Cell<*const ()>>,
}

impl Guard {
    /// Guards `view` for the calling thread.
    ///
    /// # Errors
    /// `ResourceBusy` if [`MOST`] guards live already; those of `sigaction`.
    pub fn over(view: View) -> io::Result<Self> {
        let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = Slot::take(view.address(), view.len()).ok_or(io::ErrorKind::ResourceBusy)?;
        if *living == 0 {
            action::install(on_sigbus).inspect_err(|_| slot.free())?;
        }
        *living += 1;
        Ok(Self { slot, view, of_one_thread: PhantomData })
    }

    /// The length of the view in bytes.
    #[allow(clippy::len_without_is_empty, reason = "as in View")]
    pub fn len(&self) -> usize {
        self.view.len()
    }

    /// Copies bytes as [`View::copy_to`] does.
    ///
    /// # Errors
    /// The offset of the first byte that could not be loaded, in this call or an earlier one. Then
    /// `buffer` may hold zeros that are not the file's.
    ///
    /// # Panics
    /// If the range reaches past the view.
    pub fn copy_to(&self, offset: usize, buffer: &mut [u8]) -> Result<(), usize> {
        self.view.copy_to(offset, buffer);
        compiler_fence(SeqCst); // Look at the record after the loads, not before them.
        self.slot.missing().map_or(Ok(()), |address| Err(address - self.view.address()))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
        self.slot.free(); // Before `view` is unmapped, which happens after this.
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
    // SAFETY: the kernel passes it to a handler that has SA_SIGINFO, as ours has.
    let fault = unsafe { sys::fault_address(info) };
    if !fault.is_some_and(replace_page) {
        match action::previous() {
            Action::Function(function) => {
                // SAFETY: the function that was installed for SIGBUS, with the kernel's arguments.
                unsafe { function.call(signal, info, context) };
                // It may have installed another action: the handler of Rust's runtime, which looks
                // for stack overflows, restores the default. Guards that live still need ours.
                let _ = action::install(on_sigbus); // It cannot fail, as `install` says.
            }
            Action::Ignore if fault.is_none() => {}
            // The default action kills. A fault happens again as soon as this returns. A signal
            // that someone sent does not, so send it again.
            Action::Default | Action::Ignore => action::die_of(signal, fault.is_none()),
        }
    }
    sys::set_errno(errno);
}

/// Maps a page of zeros at `address`, if that is in a guarded view of this thread.
fn replace_page(address: usize) -> bool {
    Slot::holding(address).is_some_and(|slot| {
        let (page, length) = slot.record(address);
        // SAFETY: the page is in a view that a guard of this thread owns. The view is read-only
        // and only loaded atomically, so its bytes may change at any time.
        unsafe { sys::map_zeros_over(page, length) }
    })
}
