//! A timer that interrupts the blocking wait of one thread.
//!
//! # Safety
//! The signal handler does nothing, so that it may run at any instruction.
#![expect(unsafe_code, reason = "sigaction")]

use std::io;
use std::sync::Once;
use std::time::Duration;

use nix::sys::signal::{SaFlags, SigAction, SigEvent, SigHandler, SigSet, SigevNotify, Signal};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;
use nix::unistd::gettid;

/// How long a blocking wait lasts once the alarm rings.
pub(crate) const TICK: Duration = Duration::from_millis(1);

extern "C" fn on_alarm(_: libc::c_int) {}

/// From the moment at which it is set, every blocking call of the thread that made it is interrupted
/// after a millisecond at most. Dropped, it rings no more.
pub(crate) struct Alarm(Timer);

impl Alarm {
    /// An alarm that rings after `first`, and then each millisecond.
    pub(crate) fn after(first: Duration) -> io::Result<Self> {
        static HANDLER: Once = Once::new();
        let mut done = Ok(());
        HANDLER.call_once(|| {
            let handler = SigHandler::Handler(on_alarm);
            let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
            // SAFETY: the handler does nothing, and nobody else uses SIGALRM here.
            let set = unsafe { nix::sys::signal::sigaction(Signal::SIGALRM, &action) };
            done = set.map(drop);
        });
        done?;
        let notify = SigevNotify::SigevThreadId {
            signal: Signal::SIGALRM,
            thread_id: gettid().as_raw(),
            si_value: 0,
        };
        let mut alarm = Self(Timer::new(ClockId::CLOCK_MONOTONIC, SigEvent::new(notify))?);
        alarm.set(first)?;
        Ok(alarm)
    }

    /// Sets it again: it rings after `first`, which is not zero, and then each millisecond.
    pub(crate) fn set(&mut self, first: Duration) -> io::Result<()> {
        let expiration = Expiration::IntervalDelayed(first.into(), TICK.into());
        Ok(self.0.set(expiration, TimerSetTimeFlags::empty())?)
    }
}
