//! What a program has asked for SIGSEGV. A store to watched memory raises this signal. If the program
//! blocks or ignores it, the kernel resets its action and unblocks it. Then both are put back here.

use std::cell::Cell;
use std::rc::Rc;

use tracer::{Error, Syscall, Tracee, read_text};

use crate::watched_memory::WatchedMemory;

/// The bit of SIGSEGV in a signal mask.
const BIT: u64 = 1 << (libc::SIGSEGV - 1);

/// What one tracee has asked for.
pub(crate) struct Sigsegv {
    /// Shared by the threads of a process. `None`: the default.
    action: Rc<Cell<Option<Action>>>,
    /// Whether it is blocked. `None`: a handler may have begun since the last look, and block it.
    blocked: Option<bool>,
}

/// The kernel's `struct sigaction`: handler, flags, restorer, mask.
#[derive(Clone, Copy)]
struct Action([u64; 4]);

impl Action {
    fn ignores(self) -> bool {
        self.0[0] == libc::SIG_IGN as u64
    }

    fn is_for_one_signal(self) -> bool {
        self.0[1] & u64::from(libc::SA_RESETHAND.cast_unsigned()) != 0
    }
}

impl Sigsegv {
    /// That of a program that has just started.
    pub(crate) fn default_action() -> Self {
        Self { action: Rc::default(), blocked: Some(false) }
    }

    /// That of a child. If it `shares` the table of signal handlers, it is a thread.
    pub(crate) fn of_child(&self, shares: bool) -> Self {
        let own = || Rc::new(Cell::new(self.action.get()));
        let action = if shares { Rc::clone(&self.action) } else { own() };
        Self { action, blocked: self.blocked }
    }

    /// Another program is executed: it has no handlers.
    pub(crate) fn executed(&mut self) {
        self.action = Rc::new(Cell::new(self.action.get().filter(|action| action.ignores())));
    }

    /// A call is about to be made. It may set the action.
    pub(crate) fn note(&self, call: Syscall, memory: &WatchedMemory) {
        let [signal, action, ..] = call.arguments;
        let sets = call.number == libc::SYS_rt_sigaction && action != 0;
        if !sets || signal != u64::from(libc::SIGSEGV.cast_unsigned()) {
            return;
        }
        let words = [0, 8, 16, 24].map(|offset| memory.word(action.wrapping_add(offset)));
        if let [Some(handler), Some(flags), Some(restorer), Some(mask)] = words {
            let is_default = handler == libc::SIG_DFL as u64;
            self.action.set((!is_default).then_some(Action([handler, flags, restorer, mask])));
        } // What cannot be read, the kernel does not read either: the call fails.
    }

    /// The tracee is about to go on, and to get this signal, if it is not 0.
    pub(crate) fn look(&mut self, stopped: &Tracee, signal: i32) -> Result<(), Error> {
        self.blocked = match signal {
            0 => Some(stopped.signal_mask()? & BIT != 0),
            _ => None,
        };
        if signal == libc::SIGSEGV {
            self.action.set(self.action.get().filter(|action| !action.is_for_one_signal()));
        }
        Ok(())
    }

    /// A store has trapped: what the kernel has changed for that is put back.
    pub(crate) fn put_back(
        &mut self,
        stopped: &mut Tracee,
        memory: &WatchedMemory,
    ) -> Result<(), Error> {
        let action = self.action.get();
        let blocked = match (self.blocked, action) {
            (Some(blocked), _) => blocked,
            // The kernel has taken the handler away because the signal was blocked.
            (None, Some(action)) if !action.ignores() => !is_caught(stopped)?,
            (None, _) => false,
        };
        if let Some(action) = action.filter(|action| blocked || action.ignores()) {
            set_action(stopped, memory, action)?;
        }
        if blocked {
            stopped.set_signal_mask(stopped.signal_mask()? | BIT)?;
        }
        self.blocked = Some(blocked);
        Ok(())
    }
}

/// Sets the action by a call that the tracee makes, with the action on its stack for so long.
fn set_action(
    stopped: &mut Tracee,
    memory: &WatchedMemory,
    Action(words): Action,
) -> Result<(), Error> {
    let stack = stopped.registers()?.stack;
    let mask_size = size_of::<u64>() as u64;
    let there = memory.read(stack, size_of_val(&words))?;
    memory.write(stack, &words.map(u64::to_ne_bytes).concat())?;
    let arguments = [u64::from(libc::SIGSEGV.cast_unsigned()), stack, 0, mask_size, 0, 0];
    let done = stopped.inject(memory.syscall_at, libc::SYS_rt_sigaction, arguments);
    memory.write(stack, &there)?;
    match done? {
        0 => Ok(()),
        result => Err(std::io::Error::other(format!("injected rt_sigaction: {result}")).into()),
    }
}

/// Has the process a handler for SIGSEGV, as the kernel sees it?
fn is_caught(stopped: &Tracee) -> Result<bool, Error> {
    let pid = stopped.pid();
    let status = read_text(pid, &format!("/proc/{pid}/status"))?.ok_or(Error::Gone(None))?;
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let missing = || std::io::Error::other("no SigCgt in /proc/PID/status");
    Ok(caught.ok_or_else(missing)? & BIT != 0)
}
