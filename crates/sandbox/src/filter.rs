//! A seccomp filter: the calls by which a program could leave the judge's sight, or reach something
//! that Landlock and the namespaces do not keep from it.
//!
//! A filter sees a call's number and its arguments as numbers: no path, no address, no memory. Calls
//! of another architecture's table (`int 0x80`, x32) have other numbers: refused, ENOSYS.
//!
//! If the judge looks at calls, the filter reports each call to the tracer, except those that no check looks at. A
//! filter that the program installs later can refuse a call, which is then not made, and cannot keep a call that is
//! made from being reported: only a listener (SECCOMP_FILTER_FLAG_NEW_LISTENER) could, and there is none.
//!
//! # Safety
//! The filter is an array that outlives the call that installs it; the kernel takes a copy.
#![expect(unsafe_code, reason = "PR_SET_SECCOMP takes a pointer")]

use std::io;

use tracer::{TRACE_ME, arch};

/// A call that is refused with this errno, unless each of these conditions holds.
struct Rule {
    call: libc::c_long,
    errno: i32,
    unless: Vec<Condition>,
    /// If the conditions hold, the call is not made, and returns 0.
    is_pretended: bool,
}

/// What holds for an argument; only the low 32 bits count, as for the kernel's `int`.
enum Condition {
    /// It is one of these numbers.
    Among(usize, Vec<u32>),
    /// It has none of these bits.
    Without(usize, u32),
}

/// `own` is this process, which is to become the program.
fn rules(own: u32, shares_kernel_objects: bool, reports_calls: bool) -> Vec<Rule> {
    use Condition::{Among, Without};
    use libc::{EACCES, EINVAL, ENOSYS, EPERM};
    let unless = |call, errno, unless| Rule { call, errno, unless, is_pretended: false };
    let refused = |call, errno| unless(call, errno, Vec::new());
    let itself = |argument| Among(argument, vec![0, own]);
    let local = || vec![Among(0, vec![libc::AF_UNIX.cast_unsigned()])];
    let mut rules = vec![
        // Its flags are in memory. The C library takes `clone` where `clone3` is missing.
        refused(libc::SYS_clone3, ENOSYS),
        // Would make a child that nobody follows.
        unless(libc::SYS_clone, EPERM, vec![Without(0, libc::CLONE_UNTRACED.cast_unsigned())]),
        // Would trace a process that the judge traces. PTRACE_TRACEME seems to succeed, as it does without a tracer.
        // Otherwise a program could learn from it that it is judged, and take a lock only then.
        Rule {
            is_pretended: true,
            ..unless(tracer::SYS_TRACE, EPERM, vec![Among(0, vec![TRACE_ME])])
        },
        // Landlock refuses plain TCP only: not UDP, multipath TCP, fast open, or `listen`.
        unless(libc::SYS_socketpair, EACCES, local()),
        // Keys belong to the user, and outlive each process.
        refused(libc::SYS_add_key, EPERM),
        refused(libc::SYS_request_key, EPERM),
        refused(libc::SYS_keyctl, EPERM),
        // A listener can let a call be made, and then the kernel asks no other filter.
        unless(libc::SYS_seccomp, EINVAL, vec![Without(1, LISTENER)]),
        // Another process of the same user may be the judge.
        unless(libc::SYS_prlimit64, EPERM, vec![itself(0)]),
        unless(libc::SYS_sched_setaffinity, EPERM, vec![itself(0)]),
        unless(libc::SYS_sched_setattr, EPERM, vec![itself(0)]),
        unless(libc::SYS_sched_setparam, EPERM, vec![itself(0)]),
        unless(libc::SYS_sched_setscheduler, EPERM, vec![itself(0)]),
        // Of a process or its group, which is the program's own; never of all processes of the user.
        unless(
            libc::SYS_setpriority,
            EPERM,
            vec![Among(0, vec![libc::PRIO_PROCESS, libc::PRIO_PGRP]), itself(1)],
        ),
        unless(
            libc::SYS_ioprio_set,
            EPERM,
            vec![Among(0, vec![IOPRIO_WHO_PROCESS, IOPRIO_WHO_PGRP]), itself(1)],
        ),
    ];
    if !reports_calls {
        // A tracer to which these calls are reported refuses them, so that the try is seen. An io_uring makes sockets
        // and sets attributes by no call that this filter sees.
        rules.push(refused(libc::SYS_io_uring_setup, EPERM));
        rules.push(unless(libc::SYS_socket, EACCES, local()));
    }
    if shares_kernel_objects {
        rules.extend(KERNEL_OBJECTS.map(|call| refused(call, EPERM)));
    }
    rules
}

/// `SECCOMP_FILTER_FLAG_NEW_LISTENER` of the kernel's `linux/seccomp.h`, as the half of an argument.
const LISTENER: u32 = 1 << 3;
/// From the kernel's `linux/ioprio.h`, which the libc crate does not have.
const IOPRIO_WHO_PROCESS: u32 = 1;
const IOPRIO_WHO_PGRP: u32 = 2;

/// The calls that make or find an object that outlives its processes.
const KERNEL_OBJECTS: [libc::c_long; 4] =
    [libc::SYS_semget, libc::SYS_shmget, libc::SYS_msgget, libc::SYS_mq_open];

/// Installs the filter in this process, for good. Needs `no_new_privs`. If the program is in the IPC
/// namespace of others, it may make no System V object and no message queue. `reports_calls`: the filter reports
/// calls to the tracer.
pub(crate) fn install(shares_kernel_objects: bool, reports_calls: bool) -> io::Result<()> {
    let rules = rules(std::process::id(), shares_kernel_objects, reports_calls);
    let mut program = assemble(&rules, reports_calls)?;
    let length = u16::try_from(program.len()).map_err(io::Error::other)?;
    let filter = libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
    let mode = libc::SECCOMP_MODE_FILTER;
    // SAFETY: `filter` points to `length` instructions in `program`, which lives until the end.
    let done = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const filter) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// One block after another; a block ends in an answer, or is jumped over if the call is another.
fn assemble(rules: &[Rule], reports_calls: bool) -> io::Result<Vec<libc::sock_filter>> {
    use std::mem::offset_of;
    const NUMBER: usize = offset_of!(libc::seccomp_data, nr);
    const ARCHITECTURE: usize = offset_of!(libc::seccomp_data, arch);
    let foreign = answer(libc::SECCOMP_RET_ERRNO, libc::ENOSYS);
    let mut program = vec![
        load(ARCHITECTURE),
        jump(libc::BPF_JEQ, arch::AUDIT_ARCHITECTURE, 1, 0),
        foreign,
        load(NUMBER),
        jump(libc::BPF_JGE, arch::FOREIGN_NUMBERS, 0, 1),
        foreign,
    ];
    for rule in rules {
        let block = block(rule, last(reports_calls))?;
        let length = u8::try_from(block.len()).map_err(io::Error::other)?;
        let number = u32::try_from(rule.call).map_err(io::Error::other)?;
        program.push(jump(libc::BPF_JEQ, number, 0, length));
        program.extend(block);
    }
    if reports_calls {
        program.extend(unseen()?);
    }
    program.push(last(reports_calls));
    Ok(program)
}

/// What is done with a call that is allowed.
fn last(reports_calls: bool) -> libc::sock_filter {
    if reports_calls { answer(tracer::REPORT_CALL, 0) } else { answer(libc::SECCOMP_RET_ALLOW, 0) }
}

/// The calls that are not reported to the tracer: they wait for nobody, change no file and no mapping, and no check looks
/// at them. An interpreter makes hundreds of them before its first line.
const UNSEEN: [libc::c_long; 22] = [
    libc::SYS_newfstatat,
    libc::SYS_fstat,
    libc::SYS_statx,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getcwd,
    libc::SYS_lseek,
    libc::SYS_getdents64,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getrusage,
    libc::SYS_clock_gettime,
    libc::SYS_sched_getaffinity,
];

/// The part of the filter that lets these calls pass without a report to the tracer. Four more calls pass like that,
/// unless their arguments matter.
fn unseen() -> io::Result<Vec<libc::sock_filter>> {
    const NO_DESCRIPTOR: u32 = u32::MAX;
    let allow = answer(libc::SECCOMP_RET_ALLOW, 0);
    let report = last(true);
    let number = |call: libc::c_long| u32::try_from(call).map_err(io::Error::other);
    let unlike = |with: u32, over: u8| jump(libc::BPF_JEQ, with, 0, over);
    let mut program = Vec::new();
    for call in UNSEEN.iter().chain(&arch::legacy::LOOKS) {
        program.extend([unlike(number(*call)?, 1), allow]);
    }
    // The judge follows what a program does with SIGSEGV (`explore/src/sigsegv.rs`).
    program.extend([unlike(number(libc::SYS_rt_sigaction)?, 4), load(low_half(0))]);
    program.extend([unlike(libc::SIGSEGV.cast_unsigned(), 1), report, allow]);
    // Asks whether a descriptor is a terminal.
    let asks = u32::try_from(libc::TCGETS).map_err(io::Error::other)?;
    program.extend([unlike(number(libc::SYS_ioctl)?, 4), load(low_half(1))]);
    program.extend([unlike(asks, 1), allow, report]);
    // Not of standard input, output or error: the judge asks which file is the output.
    let standard = libc::STDERR_FILENO.cast_unsigned();
    program.extend([unlike(number(libc::SYS_close)?, 4), load(low_half(0))]);
    program.extend([jump(libc::BPF_JGT, standard, 0, 1), allow, report]);
    // New memory without a file, where the kernel finds a place.
    let memory = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS).cast_unsigned();
    program.extend([unlike(number(libc::SYS_mmap)?, 6), load(low_half(3)), unlike(memory, 3)]);
    program.extend([load(low_half(4)), unlike(NO_DESCRIPTOR, 1), allow, report]);
    Ok(program)
}

/// What is done with a call of this number.
fn block(rule: &Rule, allowed: libc::sock_filter) -> io::Result<Vec<libc::sock_filter>> {
    let refuse = answer(libc::SECCOMP_RET_ERRNO, rule.errno);
    let mut block = Vec::new();
    for condition in &rule.unless {
        match condition {
            Condition::Among(argument, values) => {
                block.push(load(low_half(*argument)));
                for (index, value) in values.iter().enumerate() {
                    // Over the values that are left, and the refusal.
                    let over = u8::try_from(values.len() - index).map_err(io::Error::other)?;
                    block.push(jump(libc::BPF_JEQ, *value, over, 0));
                }
            }
            Condition::Without(argument, bits) => {
                block.push(load(low_half(*argument)));
                block.push(jump(libc::BPF_JSET, *bits, 0, 1));
            }
        }
        block.push(refuse);
    }
    block.push(match (rule.unless.is_empty(), rule.is_pretended) {
        (true, _) => refuse,
        (false, true) => answer(libc::SECCOMP_RET_ERRNO, 0),
        (false, false) => allowed,
    });
    Ok(block)
}

/// Where the low half of an argument is: first, on both architectures.
fn low_half(argument: usize) -> usize {
    std::mem::offset_of!(libc::seccomp_data, args) + argument * size_of::<u64>()
}

fn load(offset: usize) -> libc::sock_filter {
    let offset = u32::try_from(offset).unwrap_or(u32::MAX);
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0)
}

fn jump(test: u32, with: u32, yes: u8, no: u8) -> libc::sock_filter {
    instruction(libc::BPF_JMP | test | libc::BPF_K, with, yes, no)
}

fn answer(action: u32, errno: i32) -> libc::sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, action | errno.cast_unsigned(), 0, 0)
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    libc::sock_filter { code: u16::try_from(code).unwrap_or(u16::MAX), jt, jf, k }
}
