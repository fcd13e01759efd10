//! A task at the entry or the exit of a system call.

use std::rc::Rc;

use super::calls::{Kind, Wait};
use super::event::{Act, What};
use super::handle::{Flow, Here};
use super::hold::skip;
use super::registers::Registers;
use super::sys::{self, Side};
use super::task::{Call, Fault, Task};
use super::world::{Pause, World};

/// Results of a call that a signal interrupted, and that the kernel is about to make again.
const RESTARTS: std::ops::RangeInclusive<i64> = -516..=-512;

impl World {
    /// A task stands at a call's entry or exit.
    pub(super) fn call(&mut self, tid: i32) -> Result<Flow, Fault> {
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(Flow::Stay);
        };
        match sys::side_of_call(task.tid)? {
            Some(Side::Entry(number, arguments)) => {
                let call = Call { number, arguments };
                task.call = Some(call);
                self.enter(tid, call)
            }
            Some(Side::Exit(result, behind)) => {
                const LENGTH: u64 = 2; // Of the instruction `syscall`.
                task.space.borrow_mut().syscall_at = behind.wrapping_sub(LENGTH);
                match task.call.take() {
                    Some(call) => self.leave(tid, call, result),
                    None => Ok(Flow::On), // Of the `execve` or `fork` that it began with.
                }
            }
            None => Ok(Flow::On),
        }
    }

    fn enter(&mut self, tid: i32, call: Call) -> Result<Flow, Fault> {
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(Flow::Stay);
        };
        let (side, again) = (task.side, task.again);
        self.enter_mapping(tid, call)?;
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(Flow::Stay);
        };
        if matches!(call.number, libc::SYS_exit | libc::SYS_exit_group)
            && task.holds_robust_mutex()
            && !task.space.borrow().lifted
        {
            // The kernel marks the mutex as its owner ends, and needs the page: the call is left
            // out, the page lifted, and the call made again.
            task.again = true;
            skip(task.tid)?;
            return Ok(Flow::On);
        }
        self.sides[side].calls += 1;
        if again {
            return Ok(Flow::On);
        }
        if !self.patient {
            if let Some(why) = self.sides[side].idle.call(&call) {
                return Ok(Flow::Pause(Pause::Blocked(why)));
            }
            if call.wait() == Some(Wait::Sleep) && !call.is_for_ever() {
                let Some(task) = self.tasks.get_mut(&tid) else {
                    return Ok(Flow::Stay);
                };
                task.skipped = Some(0);
                skip(task.tid)?;
                return Ok(Flow::On);
            }
        }
        let Some((kind, text)) = call.point().filter(|(kind, _)| self.is_ours(tid, *kind, &call))
        else {
            return Ok(Flow::On);
        };
        if self.point(side, Act::Call(kind)) == Here::Before {
            self.note(side, What::StopsBeforeCall(text));
            return Ok(Flow::Pause(Pause::Arrived));
        }
        Ok(Flow::On)
    }

    /// A futex on a word of the program's own memory is no business between processes.
    fn is_ours(&self, tid: i32, kind: Kind, call: &Call) -> bool {
        let [word, ..] = call.arguments;
        let watched = |task: &Task| task.space.borrow().region(word).is_some();
        kind != Kind::Futex || self.tasks.get(&tid).is_some_and(watched)
    }

    fn leave(&mut self, tid: i32, call: Call, result: i64) -> Result<Flow, Fault> {
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(Flow::Stay);
        };
        let (side, pid, space) = (task.side, task.tid, Rc::clone(&task.space));
        if RESTARTS.contains(&result) {
            return Ok(Flow::On); // Nothing may be injected here: the restart would be lost.
        }
        if let Some(result) = task.skipped.take() {
            let mut registers = Registers::of(pid)?;
            registers.result = result.cast_unsigned();
            registers.put(pid)?;
            return Ok(Flow::On);
        }
        let was_again = std::mem::take(&mut task.again);
        let exits = matches!(call.number, libc::SYS_exit | libc::SYS_exit_group);
        let refused = result == -i64::from(libc::EFAULT) && !space.borrow().regions.is_empty();
        if exits || (refused && !was_again) {
            // The kernel itself was to store to a locked page: lift it, and make the call again.
            task.again = true;
            space.borrow_mut().lift(pid)?;
            let mut registers = Registers::of(pid)?;
            registers.at = registers.at.wrapping_sub(2);
            registers.result = call.number.cast_unsigned();
            registers.put(pid)?;
            return Ok(Flow::On);
        }
        if was_again && space.borrow().lifted {
            space.borrow_mut().lower(pid)?;
        }
        if call.number == libc::SYS_set_robust_list && result == 0 {
            task.robust = call.arguments[0];
        }
        self.leave_mapping(tid, call, result)?;
        if let Some((kind, text)) = call.point()
            && self.is_ours(tid, kind, &call)
            && (kind != Kind::Futex || result >= 0)
        {
            let failed = if result < 0 { ", in vain" } else { "" };
            self.note(side, What::Call(kind, text + failed));
        }
        let arrived = match (self.sides[side].stop, self.sides[side].points.last()) {
            (Some(stop), Some(point)) => {
                stop.after && stop.number == point.number && point.act == last_call(&call)
            }
            _ => false,
        };
        if arrived {
            self.note(side, What::StopsAfter);
            return Ok(Flow::Pause(Pause::Arrived));
        }
        Ok(Flow::On)
    }
}

/// What a point would be, were it this call.
fn last_call(call: &Call) -> Act {
    Act::Call(call.point().map_or(Kind::Lock, |(kind, _)| kind))
}
