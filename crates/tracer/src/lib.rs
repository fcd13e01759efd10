//! The only ptrace code: tracees, their stops, one table of system calls, and the process tree with
//! its limits.
//!
//! - [`ProcessTree`]: all tracees of one run; the only wait loop; births, deaths and limits.
//! - [`Stop`]: why a tracee has stopped. [`Resume`]: how it goes on.
//! - [`Tracee`]: one stopped tracee: single-stepping and syscall injection.
//! - [`syscalls`]: what each system call does to files and mappings.
//! - [`arch`]: registers, system call numbers, and the decoding of stores. Little else depends on the architecture:
//!   ARCHITECTURE.md lists it ("Where would I add an architecture?").

mod alarm;
pub mod arch;
mod cpu_time;
mod denied;
mod file_handle;
mod files;
mod limits;
mod look;
mod memory;
mod output_buffers;
mod pid_namespace;
mod proc_files;
mod process_table;
mod process_tree;
mod processor_share;
pub mod processors;
mod stop;
mod sys;
pub mod syscalls;
mod tracee;
mod untraced;
mod watchpoint;

pub use cpu_time::cpu_time_of;
pub use denied::Denied;
pub use files::{FileId, Opened};
pub use limits::{LimitExceeded, Limits};
pub use look::{
    LookRefused, Stat, is_ending, look, read_text, signals_caught, sleeps, sleeps_soundly,
    status_number,
};
pub use memory::{hide_tracer, memory};
pub use output_buffers::{OutputBuffer, Pointer, StoresThrough};
pub use pid_namespace::{children, threads};
pub use proc_files::ProcFile;
pub use process_table::ProcessTable;
pub use process_tree::{ProcessTree, SharedTable, Waited, end_orphans};
pub use processor_share::{ProcessorShare, queued_in_all};
pub use stop::{Ending, Resume, Stop};
pub use sys::{
    FILTER_REPORTS_CALLS, MECHANISM, REFUSED, REPORT_CALL, SYS_TRACE, StateChange, TRACE_ME,
    fault_address,
};
pub use syscalls::{Call, Syscall, Use};
pub use tracee::{Error, Tracee, set_result};
pub use untraced::{Came, Untraced};
pub use watchpoint::{accessed_words, has_accessed_the_word, watch_word, watch_words};
