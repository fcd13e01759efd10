//! The action of SIGBUS: what the process does when the signal comes. Installs the guard's handler
//! and restores the earlier action. `guard.rs` uses it.
//!
//! # Safety
//! - The earlier action is stored before our handler is installed, so the handler always finds it.
//! - Everything here except [`uninstall`] may be called inside the handler: it uses atomics and
//!   async-signal-safe calls only.
#![expect(unsafe_code, reason = "sigaction, and a call of the function that it named")]

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::SeqCst};
use std::{io, mem, ptr};

/// A handler as SA_SIGINFO calls it.
pub(crate) type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

static PREVIOUS: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);
static PREVIOUS_FLAGS: AtomicI32 = AtomicI32::new(0);

/// What the process did on SIGBUS before our handler was installed.
pub(crate) enum Action {
    Default,
    Ignore,
    Function(Function),
}

/// A handler that was installed before ours.
pub(crate) struct Function {
    address: usize,
    flags: libc::c_int,
}

/// `sigaction(SIGBUS, …)`: stores the present action and installs `handler`. Does nothing if
/// `handler` is installed already.
///
/// # Errors
/// None is expected: `sigaction(2)` fails for unknown signals and bad pointers only.
pub(crate) fn install(handler: Handler) -> io::Result<()> {
    let mut action = current()?;
    if action.sa_sigaction == handler as *const () as usize {
        return Ok(());
    }
    PREVIOUS.store(action.sa_sigaction, SeqCst);
    PREVIOUS_FLAGS.store(action.sa_flags, SeqCst);
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | (action.sa_flags & libc::SA_RESTART);
    set(&action)
}

/// Restores the action that [`install`] found, unless someone has replaced `handler` since.
pub(crate) fn uninstall(handler: Handler) {
    let Ok(mut action) = current() else { return };
    if action.sa_sigaction == handler as *const () as usize {
        action.sa_sigaction = PREVIOUS.load(SeqCst);
        action.sa_flags = PREVIOUS_FLAGS.load(SeqCst);
        let _ = set(&action); // It cannot fail, as `install` says; and this runs in a `drop`.
    }
}

/// The action that [`install`] found.
pub(crate) fn previous() -> Action {
    match PREVIOUS.load(SeqCst) {
        libc::SIG_DFL => Action::Default,
        libc::SIG_IGN => Action::Ignore,
        address => Action::Function(Function { address, flags: PREVIOUS_FLAGS.load(SeqCst) }),
    }
}

impl Function {
    /// Calls the handler as the kernel would.
    ///
    /// # Safety
    /// - The handler's code is still in the program.
    /// - `info` and `context` are those that the kernel passed to our handler.
    pub(crate) unsafe fn call(
        &self,
        signal: libc::c_int,
        info: *mut libc::siginfo_t,
        context: *mut libc::c_void,
    ) {
        let address = ptr::with_exposed_provenance::<()>(self.address);
        if self.flags & libc::SA_SIGINFO != 0 {
            // SAFETY: installed with SA_SIGINFO, so it is a function of this type.
            let function = unsafe { mem::transmute::<*const (), Handler>(address) };
            function(signal, info, context);
        } else {
            // SAFETY: installed without SA_SIGINFO, so it is a function of this type.
            let function =
                unsafe { mem::transmute::<*const (), extern "C" fn(libc::c_int)>(address) };
            function(signal);
        }
    }
}

/// Restores the default action, which ends the process. With `again`, also sends the signal to this
/// thread again, because the kernel will not.
pub(crate) fn die_of(signal: libc::c_int, again: bool) {
    if let Ok(mut action) = current() {
        action.sa_sigaction = libc::SIG_DFL;
        action.sa_flags = 0;
        let _ = set(&action); // It cannot fail, as `install` says.
    }
    if again {
        // SAFETY: takes a number; the signal waits until the handler has returned.
        unsafe { libc::raise(signal) };
    }
}

fn current() -> io::Result<libc::sigaction> {
    // SAFETY: a sigaction of zeros is the default action with an empty mask.
    let mut action = unsafe { mem::zeroed::<libc::sigaction>() };
    // SAFETY: writes one sigaction, the local variable.
    match unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), &raw mut action) } {
        0 => Ok(action),
        _ => Err(io::Error::last_os_error()),
    }
}

fn set(action: &libc::sigaction) -> io::Result<()> {
    // SAFETY: reads one sigaction. Its function has the type that its flags say: `install` sets our
    // handler with SA_SIGINFO; `uninstall` and `die_of` set what was there before, or the default.
    match unsafe { libc::sigaction(libc::SIGBUS, action, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
