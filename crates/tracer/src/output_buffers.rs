//! The buffers in which the kernel stores for a system call, in the memory of the process that makes it.

use crate::Syscall;
use crate::arch::{self, legacy, newer};

/// A buffer in which a call may store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputBuffer {
    /// Where the pointer to it stands.
    pub pointer: Pointer,
    /// Where it is.
    pub address: u64,
    /// How many bytes it has, if the call tells.
    pub length: Option<u64>,
    /// The call returns how many bytes it has stored, in all such buffers together, in their order.
    pub is_counted: bool,
}

/// Where the address of an output buffer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// In this argument.
    Argument(usize),
    /// In the memory of the process.
    Word(u64),
}

/// Through which pointers a call stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoresThrough {
    /// Through none; or its addresses name memory, and other memory would not do.
    Nothing,
    /// Through its arguments at most.
    Arguments,
    /// Through its arguments, and perhaps through pointers in the memory that they point to.
    Nested,
    /// In a buffer: which arguments are its address and its length.
    Buffer(usize, usize),
    /// In the buffers of an `iovec` array: which arguments are its address and its length.
    Vector(usize, usize),
    /// In the buffers of a `msghdr`, by this argument.
    Message(usize),
    /// This is not known.
    Unknown,
}

impl Syscall {
    /// Through which pointers it stores. Every call of [`arch::KNOWN_CALLS`] was looked at: what is not
    /// named here stores through its arguments only.
    #[must_use]
    pub fn stores_through(&self) -> StoresThrough {
        use StoresThrough::{Arguments, Buffer, Message, Nested, Nothing, Unknown, Vector};
        match self.number {
            libc::SYS_read | libc::SYS_pread64 | libc::SYS_recvfrom => Buffer(1, 2),
            libc::SYS_getrandom => Buffer(0, 1),
            libc::SYS_readv | libc::SYS_preadv | libc::SYS_preadv2 => Vector(1, 2),
            libc::SYS_process_vm_readv => Vector(1, 2),
            libc::SYS_process_vm_writev => Vector(3, 4),
            libc::SYS_recvmsg => Message(1),
            libc::SYS_ioctl | libc::SYS_bpf | libc::SYS_vmsplice => Nested,
            libc::SYS_recvmmsg | libc::SYS_io_submit | libc::SYS_userfaultfd => Unknown,
            number if NOTHING.contains(&number) => Nothing,
            number if arch::KNOWN_CALLS.iter().any(|known| known.contains(&number)) => Arguments,
            _ => Unknown,
        }
    }

    /// The buffers in which it may store. `word` reads a word of the caller's memory.
    #[must_use]
    pub fn output_buffers(&self, word: impl Fn(u64) -> Option<u64>) -> Vec<OutputBuffer> {
        let mut outputs = Vec::new();
        let counted = |pointer, address, length| OutputBuffer {
            pointer,
            address,
            length: Some(length),
            is_counted: true,
        };
        let [argument, length] = match self.stores_through() {
            StoresThrough::Nothing | StoresThrough::Unknown => return outputs,
            StoresThrough::Arguments | StoresThrough::Nested => [usize::MAX; 2],
            StoresThrough::Buffer(address, length) | StoresThrough::Vector(address, length) => {
                [address, length]
            }
            StoresThrough::Message(message) => [message, usize::MAX],
        };
        let value = |argument: usize| self.arguments.get(argument).copied().unwrap_or(0);
        match self.stores_through() {
            StoresThrough::Buffer(address, length) => {
                outputs.push(counted(Pointer::Argument(address), value(address), value(length)));
            }
            StoresThrough::Vector(vector, count) => {
                outputs.extend(buffers(value(vector), value(count), &word));
            }
            StoresThrough::Message(message) => {
                // struct msghdr: name, its length, vector, its length, control, its length, flags.
                let field = |offset: u64| value(message).wrapping_add(offset);
                let vector = [field(16), field(24)].map(|at| word(at).unwrap_or(0));
                outputs.extend(buffers(vector[0], vector[1], &word));
                let others = [field(0), field(32)].map(|at| (at, word(at).unwrap_or(0)));
                outputs.extend(others.map(|(at, address)| OutputBuffer {
                    pointer: Pointer::Word(at),
                    address,
                    length: None,
                    is_counted: false,
                }));
            }
            _ => {}
        }
        let others = (0..self.argument_count()).filter(|other| ![argument, length].contains(other));
        outputs.extend(others.map(|other| OutputBuffer {
            pointer: Pointer::Argument(other),
            address: value(other),
            length: None,
            is_counted: false,
        }));
        outputs
    }
}

impl Syscall {
    /// How many arguments the call has, if it is one in which a process may sleep; else the most that a call can have.
    /// The registers of the others hold what the program has left there, which may be an address in watched memory.
    fn argument_count(&self) -> usize {
        match self.number {
            libc::SYS_nanosleep => 2,
            legacy::SYS_poll | libc::SYS_semop | libc::SYS_fcntl => 3,
            legacy::SYS_epoll_wait
            | libc::SYS_clock_nanosleep
            | libc::SYS_rt_sigtimedwait
            | libc::SYS_semtimedop
            | libc::SYS_wait4 => 4,
            legacy::SYS_select
            | libc::SYS_io_getevents
            | libc::SYS_mq_timedreceive
            | libc::SYS_mq_timedsend
            | libc::SYS_msgrcv
            | libc::SYS_ppoll
            | libc::SYS_waitid => 5,
            _ => self.arguments.len(),
        }
    }
}

/// The buffers of an `iovec` array: for each, its address and its length.
fn buffers(vector: u64, count: u64, word: impl Fn(u64) -> Option<u64>) -> Vec<OutputBuffer> {
    const MOST: u64 = 1024; // The kernel's UIO_MAXIOV.
    const SIZE: u64 = 16;
    let buffer = |index: u64| {
        let at = vector.wrapping_add(index * SIZE);
        let (address, length) = (word(at)?, word(at.wrapping_add(SIZE / 2))?);
        let pointer = Pointer::Word(at);
        Some(OutputBuffer { pointer, address, length: Some(length), is_counted: true })
    };
    (0..count.min(MOST)).map_while(buffer).collect()
}

/// Calls that store nothing, or that store where only an address itself can tell them to.
const NOTHING: &[i64] = &[
    legacy::SYS_arch_prctl,
    legacy::SYS_fork,
    legacy::SYS_vfork,
    newer::SYS_FUTEX_REQUEUE,
    newer::SYS_FUTEX_WAIT,
    newer::SYS_FUTEX_WAKE,
    libc::SYS_brk,
    libc::SYS_clone,
    libc::SYS_close,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_flock,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_madvise,
    libc::SYS_mbind,
    libc::SYS_mincore,
    libc::SYS_mlock,
    libc::SYS_mlock2,
    libc::SYS_mmap,
    libc::SYS_move_pages,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_mseal,
    libc::SYS_msync,
    libc::SYS_munlock,
    libc::SYS_munmap,
    libc::SYS_pkey_mprotect,
    libc::SYS_process_madvise,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_remap_file_pages,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_yield,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_shmat,
    libc::SYS_shmdt,
    libc::SYS_sigaltstack,
    libc::SYS_write,
    libc::SYS_writev,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: i64, arguments: [u64; 6]) -> Syscall {
        Syscall { number, arguments, instruction: 0 }
    }

    #[test]
    fn read_stores_in_its_buffer_as_many_bytes_as_it_returns() {
        let outputs = call(libc::SYS_read, [3, 700, 80, 0, 0, 0]).output_buffers(|_| None);
        let buffer = outputs.first().unwrap();
        assert_eq!(buffer.pointer, Pointer::Argument(1));
        assert_eq!((buffer.address, buffer.length, buffer.is_counted), (700, Some(80), true));
    }

    #[test]
    fn readv_stores_in_each_buffer_of_its_array() {
        // At 1000 an address, a length, and so on: 7000, 7008, 7016, 7024.
        let outputs =
            call(libc::SYS_readv, [3, 1000, 2, 0, 0, 0]).output_buffers(|at| Some(at + 6000));
        let counted = outputs.iter().filter(|output| output.is_counted);
        let found: Vec<_> = counted.map(|one| (one.pointer, one.address, one.length)).collect();
        assert_eq!(
            found,
            [(Pointer::Word(1000), 7000, Some(7008)), (Pointer::Word(1016), 7016, Some(7024)),]
        );
    }

    #[test]
    fn a_sleep_stores_through_no_register_beyond_its_arguments() {
        let call = call(libc::SYS_clock_nanosleep, [0, 0, 700, 800, 7000, 7008]);
        let found: Vec<_> = call.output_buffers(|_| None).iter().map(|one| one.address).collect();
        assert!(found.contains(&800) && !found.contains(&7000), "{found:?}");
    }

    #[test]
    fn the_address_of_a_futex_is_no_buffer() {
        for number in [newer::SYS_FUTEX_WAKE, newer::SYS_FUTEX_WAIT, newer::SYS_FUTEX_REQUEUE] {
            assert_eq!(call(number, [7000; 6]).output_buffers(|_| None), []);
        }
    }

    #[test]
    fn of_a_call_that_is_newer_than_the_table_nothing_is_known() {
        let newer = call(libc::SYS_mseal + 1, [0; 6]);
        assert_eq!(newer.stores_through(), StoresThrough::Unknown);
        assert_eq!(call(libc::SYS_fstat, [0; 6]).stores_through(), StoresThrough::Arguments);
        assert_eq!(call(libc::SYS_write, [0; 6]).stores_through(), StoresThrough::Nothing);
    }
}
