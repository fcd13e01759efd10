//! The action of SIGBUS: ours, and the one that was there before. `guard.rs` uses it.
//!
//! # Safety
//! The previous action is noted before ours is installed, so the handler never finds it missing.
//! All but [`uninstall`] are called inside the handler: they touch
//! atomics and make async-signal-safe calls only.
#![expect(unsafe_code, reason = "sigaction, and the function that it names")]

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::SeqCst};
use std::{io, mem, ptr};

/// A handler as SA_SIGINFO calls it.
pub(crate) type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

static PREVIOUS: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);
static PREVIOUS_FLAGS: AtomicI32 = AtomicI32::new(0);

/// What was to happen on SIGBUS before ours was installed.
pub(crate) enum Action {
    Default,
    Ignore,
    Function(Function),
}

/// A handler that was installed before.
pub(crate) struct Function(usize, libc::c_int);

/// `sigaction(SIGBUS, …)`: notes the action that is there and installs `handler`, unless it is
/// there already.
///
/// # Errors
/// None that `sigaction(2)` knows applies: the signal exists and the pointers are ours.
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

/// Puts the action back that [`install`] found, unless `handler` is no longer the one there.
pub(crate) fn uninstall(handler: Handler) {
    let Ok(mut action) = current() else { return };
    if action.sa_sigaction == handler as *const () as usize {
        action.sa_sigaction = PREVIOUS.load(SeqCst);
        action.sa_flags = PREVIOUS_FLAGS.load(SeqCst);
        let _ = set(&action); // As above: it has no error to give.
    }
}

/// The action that [`install`] found.
pub(crate) fn previous() -> Action {
    match PREVIOUS.load(SeqCst) {
        libc::SIG_DFL => Action::Default,
        libc::SIG_IGN => Action::Ignore,
        function => Action::Function(Function(function, PREVIOUS_FLAGS.load(SeqCst))),
    }
}

impl Function {
    /// Calls the handler as the kernel would.
    ///
    /// # Safety
    /// - The handler is still in the program.
    /// - `info` and `context` are the kernel's.
    pub(crate) unsafe fn call(
        &self,
        signal: libc::c_int,
        info: *mut libc::siginfo_t,
        context: *mut libc::c_void,
    ) {
        let address = ptr::with_exposed_provenance::<()>(self.0);
        if self.1 & libc::SA_SIGINFO != 0 {
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

/// Puts the default action back, which kills; sends the signal `again` if nothing else will.
pub(crate) fn die_of(signal: libc::c_int, again: bool) {
    if let Ok(mut action) = current() {
        action.sa_sigaction = libc::SIG_DFL;
        action.sa_flags = 0;
        let _ = set(&action);
    }
    if again {
        // SAFETY: takes a number; the signal waits until the handler has returned.
        unsafe { libc::raise(signal) };
    }
}

fn current() -> io::Result<libc::sigaction> {
    // SAFETY: a sigaction of zeros is the default action with an empty mask.
    let mut action = unsafe { mem::zeroed::<libc::sigaction>() };
    // SAFETY: writes one sigaction, which lives here.
    match unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), &raw mut action) } {
        0 => Ok(action),
        _ => Err(io::Error::last_os_error()),
    }
}

fn set(action: &libc::sigaction) -> io::Result<()> {
    // SAFETY: reads one sigaction; its function is a handler of the type that its flags say, by
    // `install` (ours), `uninstall` and `die_of` (what was there, or none).
    match unsafe { libc::sigaction(libc::SIGBUS, action, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
