//! The launcher process: gives up all that it has and becomes the untrusted program.
//!
//! Until the `exec` it tells the judge over a channel of its own how far it has come
//! (`protocol.rs`); what is written to its outputs is the program's.

use std::error::Error;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use common::{Context, Result};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, PathFdError,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
};
use nix::sys::personality::{self, Persona};
use nix::unistd::{Gid, Pid, Uid, dup2_stdin, geteuid, setgroups, setpgid, setresgid, setresuid};
use rlimit::{Resource, setrlimit};

use crate::execute::execute;
use crate::isolation::{self, Isolation};
use crate::judge_process::reset_signals;
use crate::namespace::{self, Place, Several};
use crate::protocol::{Message, send, wait_for_go};
use crate::start::{Compiler, Confinement};
use crate::start_error::interpreter;
use crate::sys;
use crate::work_directory::ORDINARY;

/// Where programs and what they need to run lie; an untrusted program may read these.
const SYSTEM: [&str; 10] =
    ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix", "/proc"];
/// What a compiler may read beside its own files: no file that describes this machine or its users.
const TOOLCHAIN: [&str; 10] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
];
/// How many processes and threads the user of an untraced program may have.
const UNTRACED: u64 = 512;
/// Devices without a past.
const DEVICES: [&str; 4] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"];

/// Becomes `program`. Returns only if that failed, or where it was left to a child.
///
/// # Errors
/// The step that could not be made; the program was not executed then. The judge has been told.
pub fn become_program(as_json: &str, program: &Path, arguments: Vec<OsString>) -> Result<()> {
    if as_json == isolation::TRY {
        return Isolation::try_out();
    }
    let mut judge = UnixStream::from(io::stdin().as_fd().try_clone_to_owned().step("dup")?);
    // In a PID namespace, `judge` becomes a channel to the first process of the namespace. This copy leads to the judge
    // itself.
    let mut directly = judge.try_clone().step("dup")?;
    // The judge traces this process only now, when the `exec` that made it is over.
    send(&mut judge, &Message::Runs).step("tell the judge")?;
    wait_for_go(&mut judge).step("wait for the judge")?;
    let failure = match prepare(as_json, program, &mut judge) {
        Ok(None) => return Ok(()),
        Ok(Some((opened, given))) => {
            send(&mut judge, &Message::Executes).step("tell the judge")?;
            let several = match (given.in_turn, given.counts.len()) {
                (true, count) => namespace::in_turn(count, &mut directly),
                (false, 0 | 1) => Ok(Several::One(0)),
                (false, count) => namespace::at_once(count),
            };
            match several.step("fork") {
                Ok(Several::One(number)) => {
                    if given.in_turn {
                        judge = directly; // The first process of the namespace listens only to the last.
                    }
                    let arguments = nth_part(arguments, &given.counts, number);
                    execute(program, &opened, arguments, given.compiler.as_ref())
                }
                Ok(Several::Parent(children)) => {
                    drop(judge); // The last `exec` closes the channel, not the end of the last process.
                    return namespace::wait_for_all(children).step("wait for the processes");
                }
                Err(failure) => failure,
            }
        }
        Err(failure) => failure,
    };
    send(&mut judge, &Message::failed(&failure)).step("tell the judge")?;
    Err(failure)
}

/// The arguments of one of several processes. The arguments of all come one after another; `counts` says how many each
/// process has.
fn nth_part(arguments: Vec<OsString>, counts: &[usize], number: usize) -> Vec<OsString> {
    let Some(count) = counts.get(number) else { return arguments };
    let before = counts.iter().take(number).sum();
    arguments.into_iter().skip(before).take(*count).collect()
}

/// Gives up all that the program must not have. The open program, and what was said about it; `None`
/// in a process that was only there to wait for the one that goes on.
fn prepare(
    as_json: &str,
    program: &Path,
    judge: &mut UnixStream,
) -> Result<Option<(OwnedFd, Confinement)>> {
    let given: Confinement = serde_json::from_str(as_json).step("read JSON")?;
    let opened = open_program(program)?;
    let nothing = File::open("/dev/null").step_on("open", Path::new("/dev/null"))?;
    dup2_stdin(nothing).step("dup2")?;
    leave_the_terminal()?;
    let entered = given.isolation.enter(given.namespaces.as_ref())?;
    for (directory, at) in given.compiler.iter().flat_map(|compiler| &compiler.directories) {
        given.isolation.show(directory, at).step_on("mount", directory)?;
    }
    if !given.traced {
        let is_root = geteuid().is_root(); // Or root of the outer user namespace.
        if matches!(namespace::enter(judge, is_root)?, Place::Outside) {
            return Ok(None);
        }
        namespace::show_own_processes()?;
    }
    reset_signals()?;
    set_limits(&given).step("setrlimit")?;
    let _ = personality::set(Persona::ADDR_NO_RANDOMIZE); // Optional: schedules repeat exactly.
    let rules =
        rules(program, given.compiler.as_ref()).map_err(io::Error::other).step("landlock")?;
    if entered.is_outer {
        entered.drop_rights()?;
    } else if geteuid().is_root() {
        become_ordinary().step("become an ordinary user")?;
        if !given.traced {
            entered.count_alone()?;
        }
    }
    if !given.traced {
        // Nobody stops it at a fork: so many at once are ended a moment later, and meanwhile this is all.
        setrlimit(Resource::NPROC, UNTRACED, UNTRACED).step("setrlimit")?;
    }
    nix::sys::prctl::set_no_new_privs().step("prctl PR_SET_NO_NEW_PRIVS")?;
    if let Some(rules) = rules {
        rules.restrict_self().map_err(io::Error::other).step("landlock_restrict_self")?;
    }
    crate::filter::install(!given.isolation.kernel_objects, given.reports_calls)
        .step("prctl PR_SET_SECCOMP")?;
    sys::close_all_on_exec().step("close_range")?;
    Ok(Some((opened, given)))
}

/// A process group of its own, and no terminal: neither Ctrl-C nor the program reaches the other. It stays in
/// the judge's session: Linux shares the processors out by session (autogroup), and Linux 6.18 was seen to
/// leave a process that is traced, alone in its session, without a processor for seconds.
fn leave_the_terminal() -> Result<()> {
    let itself = Pid::from_raw(0);
    setpgid(itself, itself).step("setpgid")?;
    // What this process cannot open, the program, which has fewer rights, cannot open either.
    match File::open("/dev/tty") {
        Ok(terminal) => sys::give_up_terminal(&terminal).step("ioctl TIOCNOTTY"),
        Err(_) => Ok(()),
    }
}

fn open_program(program: &Path) -> Result<OwnedFd> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_PATH);
    options.open(program).map(OwnedFd::from).step_on("open", program)
}

/// How many times the limit on CPU time the kernel's own limit is. The watcher measures CPU time exactly.
/// For its limit, the kernel counts the ticks at which the process is running, and on a shared processor
/// these can be most of all ticks though the process has a small part of the time: 3 s were counted of
/// 1.8 s on Linux 6.18. So this limit is only for a program whose watcher is gone.
const KERNEL_LIMIT: u64 = 10;

fn set_limits(given: &Confinement) -> io::Result<()> {
    // The same number twice: at the first second too many it is killed, whatever it handles.
    let seconds = given.cpu_seconds * KERNEL_LIMIT;
    setrlimit(Resource::CPU, seconds, seconds)?;
    setrlimit(Resource::DATA, given.memory, given.memory)?;
    setrlimit(Resource::CORE, 0, 0)?;
    // As most systems have it, so that descriptors left open show on all of them.
    let descriptors = Resource::NOFILE.get_hard()?.min(1024);
    setrlimit(Resource::NOFILE, descriptors, descriptors)?;
    if let Some(bytes) = given.address_space {
        setrlimit(Resource::AS, bytes, bytes)?;
    }
    Ok(())
}

/// What the program may do with files: all in the work directory, to read the system's (a compiler:
/// the toolchain's), nothing else. Rights
/// that this kernel does not know are left out; `None` if it knows none.
fn rules(
    program: &Path,
    compiler: Option<&Compiler>,
) -> std::result::Result<Option<RulesetCreated>, Box<dyn Error + Send + Sync>> {
    if sys::landlock_version() == 0 {
        return Ok(None);
    }
    let known = ABI::V6;
    let (all, read) = (AccessFs::from_all(known), AccessFs::from_read(known));
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)?
        .handle_access(AccessNet::from_all(known))?
        .scope(Scope::from_all(known))?
        .create()?;
    rules = rules.add_rule(PathBeneath::new(PathFd::new(".")?, all))?;
    let file = AccessFs::from_file(known) & read;
    for readable in interpreter(program).into_iter().chain([program.to_path_buf()]) {
        if let Some(opened) = if_it_can_be_reached(&readable)? {
            rules = rules.add_rule(PathBeneath::new(opened, file))?;
        }
    }
    let system = if compiler.is_some() { TOOLCHAIN } else { SYSTEM };
    let own = compiler.into_iter().flat_map(|compiler| &compiler.directories);
    let own = own.map(|(directory, _)| directory.as_path());
    for readable in system.map(Path::new).into_iter().chain(own) {
        if let Some(opened) = if_it_can_be_reached(readable)? {
            let rights = if readable.is_dir() { read } else { file };
            rules = rules.add_rule(PathBeneath::new(opened, rights))?;
        }
    }
    for device in DEVICES {
        if let Some(opened) = if_it_can_be_reached(device)? {
            let both = AccessFs::ReadFile | AccessFs::WriteFile;
            rules = rules.add_rule(PathBeneath::new(opened, both))?;
        }
    }
    Ok(Some(rules))
}

/// A path that a rule can be about; `None` if nothing is there, or if nobody with this process's rights reaches it:
/// the program has fewer. Any other failure is the machine's, and would make the program's calls fail.
fn if_it_can_be_reached(
    path: impl AsRef<Path>,
) -> std::result::Result<Option<PathFd>, PathFdError> {
    match PathFd::new(path.as_ref()) {
        Ok(opened) => Ok(Some(opened)),
        Err(PathFdError::OpenCall { source, .. }) if leads_nowhere(&source) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a path cannot be opened because of what it is. A script may name any path as its interpreter, even one
/// with a NUL in it, for which there is no errno.
fn leads_nowhere(error: &io::Error) -> bool {
    const OF_THE_PATH: [i32; 5] =
        [libc::ENOENT, libc::ENOTDIR, libc::EACCES, libc::ELOOP, libc::ENAMETOOLONG];
    error.raw_os_error().is_none_or(|errno| OF_THE_PATH.contains(&errno))
}

fn become_ordinary() -> io::Result<()> {
    let (user, group) = (Uid::from_raw(ORDINARY), Gid::from_raw(ORDINARY));
    setgroups(&[])?;
    setresgid(group, group, group)?;
    Ok(setresuid(user, user, user)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_processes_gets_its_own_arguments() {
        let all = || ["add", "FILE", "3", "transfer"].map(OsString::from).to_vec();
        let part = |counts: &[usize], number| nth_part(all(), counts, number);
        assert_eq!(part(&[3, 1], 0), all()[..3]);
        assert_eq!(part(&[3, 1], 1), ["transfer"]);
        assert_eq!(part(&[], 0), all());
    }

    #[test]
    fn a_directory_is_not_left_out_of_the_rules_because_a_descriptor_or_memory_is_lacking() {
        let nowhere = |errno| leads_nowhere(&io::Error::from_raw_os_error(errno));
        for errno in [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::EIO] {
            assert!(!nowhere(errno), "errno {errno}");
        }
        assert!(nowhere(libc::ENOENT) && nowhere(libc::ELOOP));
        assert!(if_it_can_be_reached("/no such directory").unwrap().is_none());
        assert!(if_it_can_be_reached("/dev/null").unwrap().is_some());
    }
}
