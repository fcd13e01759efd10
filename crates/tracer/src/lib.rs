//! The only ptrace code: tracees, their stops, one table of system calls, and the process tree with
//! its limits.
//!
//! - [`ProcessTree`]: all tracees of one run; the only wait loop; births, deaths and limits.
//! - [`Stop`]: why a tracee has stopped. [`Resume`]: how it goes on.
//! - [`Tracee`]: one stopped tracee: single-stepping and syscall injection.
//! - [`syscalls`]: what each system call does to files and mappings.
//! - [`arch`]: registers, system call numbers, and the decoding of stores; nothing else in the
//!   workspace depends on the architecture.

mod alarm;
pub mod arch;
mod file_handle;
mod files;
mod kernel_stores;
mod limits;
mod look;
mod memory;
mod pid_namespace;
mod process_table;
mod process_tree;
pub mod processors;
mod share;
mod stop;
mod sys;
pub mod syscalls;
mod tracee;
mod watchpoint;

pub use files::{FileId, Opened};
pub use kernel_stores::{KernelStores, Output, Pointer};
pub use limits::{LimitExceeded, Limits};
pub use look::{LookRefused, Stat, is_ending, look, read_text, status_number};
pub use memory::{hide_tracer, memory};
pub use pid_namespace::{children, threads};
pub use process_table::{ProcessTable, processor_time};
pub use process_tree::{ProcessTree, SharedTable, Waited, end_orphans};
pub use share::Share;
pub use stop::{Ending, Resume, Stop};
pub use sys::{Change, MECHANISM, REFUSED, SYS_TRACE, fault_address};
pub use syscalls::{Call, Syscall, Use};
pub use tracee::{Error, Tracee, set_result};
pub use watchpoint::{accessed_words, has_accessed_the_word, watch_word, watch_words};
