//! The namespaces in which programs live: what they make in the kernel is seen by nobody else and goes
//! with the last of them, and outside their work directory they change no mode, time or attribute.
//!
//! An ordinary user needs a user namespace to make the other two. It is the outer one of a pair: there
//! the launcher process is root and owns the other namespaces. The program lives in the inner one, in
//! which its user has its own number again and no rights.
//!
//! # Safety
//! Calls take numbers, or pointers to live memory of the size that the kernel is told.
#![expect(unsafe_code, reason = "calls that no crate wraps")]

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use common::{Context, Failure, Result};
use nix::fcntl::{OFlag, openat};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::prctl::set_dumpable;
use nix::sys::stat::Mode;
use nix::unistd::{Pid, chdir, getegid, geteuid};
use serde::{Deserialize, Serialize};

use crate::StartError;
use crate::namespace::{self, Several};
use crate::own_binary::own_binary;

/// What this machine keeps apart, as found by trying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// System V objects and message queues: they live in an IPC namespace with limits. If not, a
    /// program may make none.
    pub kernel_objects: bool,
    /// Files elsewhere: they are read-only in the program's mount namespace.
    pub files: bool,
    /// Processes of an untraced run: they live in a PID namespace, find themselves in `/proc`, and end with the
    /// namespace. If this is false, there is no such run.
    #[serde(default)]
    pub processes: bool,
    /// The processes of such a run are counted alone, and not with all others of the same user.
    #[serde(default)]
    pub counts: bool,
}

/// Why this machine does not keep something apart: the step that the system refused, with the errno. `None` if the
/// machine keeps it apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// Of [`Isolation::kernel_objects`].
    pub kernel_objects: Option<String>,
    /// Of [`Isolation::files`].
    pub files: Option<String>,
    /// Of [`Isolation::processes`].
    pub processes: Option<String>,
    /// Of [`Isolation::counts`].
    pub counts: Option<String>,
}

/// What was found by trying.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Trial {
    isolation: Isolation,
    refusals: Refusals,
}

/// The hidden role that tries it out: `confined isolation NOTHING`.
pub(crate) const TRY: &str = "isolation";

impl Isolation {
    /// What this machine keeps apart. Tried once, in a process of its own.
    ///
    /// # Errors
    /// The process cannot be started, or says nothing.
    pub fn of_this_machine() -> Result<Self> {
        Ok(Trial::on_this_machine()?.isolation)
    }

    /// Why this machine does not keep more apart.
    ///
    /// # Errors
    /// As [`of_this_machine`](Self::of_this_machine).
    pub fn refusals() -> Result<Refusals> {
        Ok(Trial::on_this_machine()?.refusals.clone())
    }

    /// Tries, in this process, and prints what was found.
    pub(crate) fn try_out() -> Result<()> {
        let Some(found) = Trial::by_trying()? else { return Ok(()) };
        let text = serde_json::to_string(&found).step("write JSON")?;
        writeln!(io::stdout(), "{text}").step("write")
    }

    /// Makes the namespaces for this process, which is in its work directory, or enters those that
    /// `made` names. A user other than root is root in there until [`Entered::drop_rights`].
    ///
    /// # Errors
    /// The step that is refused.
    pub(crate) fn enter(self, made: Option<&WorkNamespaces>) -> Result<Entered> {
        let proc = File::open("/proc").step("open /proc")?;
        let is_root = geteuid().is_root();
        if let Some(made) = made {
            made.join(is_root).step("setns")?;
        } else if self.kernel_objects {
            make_namespaces(&proc, is_root)?;
            limit_objects(&proc).step("limit what is made in the kernel")?;
            if self.files {
                close_other_files().step("make other files read-only")?;
            }
        }
        let is_outer = self.kernel_objects && !is_root;
        Ok(Entered { proc, is_outer })
    }

    /// Shows a directory, read-only, at another one in this process's mount namespace. Without such a
    /// namespace it stays where it is.
    ///
    /// # Errors
    /// Those of `mount`.
    pub(crate) fn show(self, directory: &Path, at: &Path) -> io::Result<()> {
        if !self.files {
            return Ok(());
        }
        let none: Option<&str> = None;
        mount(Some(directory), at, none, MsFlags::MS_BIND | MsFlags::MS_REC, none)?;
        change_mount(at, libc::AT_RECURSIVE, libc::MOUNT_ATTR_RDONLY, 0)
    }
}

impl Trial {
    fn on_this_machine() -> Result<&'static Self> {
        static FOUND: OnceLock<Trial> = OnceLock::new();
        if let Some(found) = FOUND.get() {
            return Ok(found);
        }
        let launcher = own_binary();
        let mut command = Command::new(launcher);
        command.args(["confined", TRY, ""]).current_dir(std::env::temp_dir());
        let output = command.output().step_on("start", launcher)?;
        let found = serde_json::from_slice(&output.stdout).map_err(|_| {
            StartError::CannotPrepare(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        });
        let found = found.step_on("try namespaces in", launcher)?;
        Ok(FOUND.get_or_init(|| found))
    }

    /// Makes the namespaces in this process, in the order in which a program's launcher makes them. `None` in a process
    /// that has only waited for its child, which went on.
    fn by_trying() -> Result<Option<Self>> {
        let was_root = geteuid().is_root();
        // In a user namespace of its own, this process would see the limits of that namespace.
        let forbidden = may_make_no_namespace();
        let lacks_here = |failure| lacks(failure, forbidden);
        let mut found = Self::default();
        let all = Isolation { kernel_objects: true, files: true, ..Isolation::default() };
        let mut entered = all.enter(None);
        if let Err(failure) = entered {
            found.refusals.files = Some(lacks_here(failure)?);
            // A second namespace in the first one: what was refused there is refused here.
            entered = Isolation { files: false, ..all }.enter(None);
            found.isolation.kernel_objects = entered.is_ok();
        } else {
            found.isolation = all;
        }
        if let Err(failure) = entered {
            found.refusals.kernel_objects = Some(lacks_here(failure)?);
            entered = Isolation::default().enter(None);
        }
        let entered = entered?;
        let mut shown = namespace::unshare_processes(geteuid().is_root());
        if shown.is_ok() {
            // This process stays outside of the PID namespace. Its child is inside.
            if let Several::Parent(child) = namespace::at_once(1).step("fork")? {
                namespace::wait_for_all(child).step("wait for a process")?;
                return Ok(None);
            }
            shown = namespace::show_own_processes();
        }
        match shown {
            Ok(()) => found.isolation.processes = true,
            Err(failure) => found.refusals.processes = Some(lacks_here(failure)?),
        }
        if let Err(failure) = entered.drop_rights() {
            let why = Some(lacks_here(failure)?);
            let (kernel_objects, files, processes) = (why.clone(), why.clone(), why);
            found.refusals = Refusals { kernel_objects, files, processes, counts: None };
            found.isolation = Isolation::default();
        }
        // An ordinary user's processes are in a user namespace of their own anyway, which counts them alone.
        let counts = if was_root { namespace::unshare_user() } else { Ok(()) };
        match counts {
            Ok(()) => found.isolation.counts = true,
            Err(failure) => found.refusals.counts = Some(lacks_here(failure)?),
        }
        Ok(Some(found))
    }
}

/// Whether a step failed because this machine does not offer it, now or later. If it failed for want of something else,
/// such as a descriptor or memory, the next try may succeed, and the failure is an error. Otherwise, returns the
/// failure in words.
fn lacks(failure: Failure, forbidden: bool) -> Result<String> {
    const PASSES: [i32; 5] = [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::EAGAIN, libc::EINTR];
    let passes = match failure.errno() {
        Some(libc::ENOSPC) => !forbidden, // Otherwise, that many exist already.
        errno => errno.is_some_and(|errno| PASSES.contains(&errno)),
    };
    if passes { Err(failure) } else { Ok(failure.to_string()) }
}

/// Whether an administrator has forbidden namespaces by a limit of 0.
fn may_make_no_namespace() -> bool {
    let forbidden = |kind: &str| {
        let most = fs::read_to_string(format!("/proc/sys/user/max_{kind}_namespaces"));
        most.is_ok_and(|most| most.trim() == "0")
    };
    ["user", "ipc", "mnt", "pid"].into_iter().any(forbidden)
}

/// A process in its namespaces.
pub(crate) struct Entered {
    /// The proc file system from before: in the new mount namespace it is read-only.
    proc: File,
    /// Whether it is in the outer user namespace, as its root.
    pub(crate) is_outer: bool,
}

impl Entered {
    /// From the outer user namespace into the inner one, where the user has its own number.
    ///
    /// # Errors
    /// Those of `unshare`, and of writing the two numbers.
    pub(crate) fn drop_rights(&self) -> Result<()> {
        if !self.is_outer {
            return Ok(());
        }
        let ids = Ids::read(&self.proc).step("read the user's number")?;
        namespace::unshare_user()?;
        write(&self.proc, "self/uid_map", &format!("{} 0 1", ids.user)).step("write uid_map")?;
        write(&self.proc, "self/gid_map", &format!("{} 0 1", ids.group)).step("write gid_map")
    }

    /// Into a user namespace of its own, in which the user keeps its number: the kernel counts the
    /// processes of a user in each user namespace. Otherwise those of all programs that are judged at
    /// the same time would count for this one's RLIMIT_NPROC. Where the system refuses the
    /// namespace, they do.
    ///
    /// # Errors
    /// Those of writing the two numbers, and one of `unshare` that passes.
    pub(crate) fn count_alone(&self) -> Result<()> {
        let (user, group) = (geteuid(), getegid());
        if let Err(failure) = namespace::unshare_user() {
            return lacks(failure, may_make_no_namespace()).map(drop);
        }
        set_dumpable(true).step("prctl PR_SET_DUMPABLE")?; // Otherwise the maps are root's.
        write(&self.proc, "self/setgroups", "deny").step("write setgroups")?;
        write(&self.proc, "self/uid_map", &format!("{user} {user} 1")).step("write uid_map")?;
        write(&self.proc, "self/gid_map", &format!("{group} {group} 1")).step("write gid_map")?;
        set_dumpable(false).step("prctl PR_SET_DUMPABLE")
    }
}

/// Which user and group, outside, is root of this user namespace.
struct Ids {
    user: u32,
    group: u32,
}

impl Ids {
    fn read(proc: &File) -> io::Result<Self> {
        let outside = |name| {
            let map = io::read_to_string(open(proc, name, OFlag::O_RDONLY)?)?;
            let number = map.split_whitespace().nth(1).and_then(|number| number.parse().ok());
            number.ok_or_else(|| io::Error::other(format!("{name} is {map:?}")))
        };
        Ok(Self { user: outside("self/uid_map")?, group: outside("self/gid_map")? })
    }
}

/// Namespaces that a process of this sandbox has made. They live as long as this or a process in them.
pub(crate) struct Kept {
    ipc: File,
    files: File,
}

impl Kept {
    /// Those in which a process is; `None` if they are the judge's own.
    ///
    /// # Errors
    /// Those of `/proc`.
    pub(crate) fn of(pid: Pid) -> io::Result<Option<Self>> {
        let ipc = File::open(format!("/proc/{pid}/ns/ipc"))?;
        let files = File::open(format!("/proc/{pid}/ns/mnt"))?;
        let own = fs::metadata("/proc/self/ns/ipc")?.ino();
        Ok((ipc.metadata()?.ino() != own).then_some(Self { ipc, files }))
    }

    /// Closes them, in another thread: to end a mount namespace, the kernel waits for all processors, which takes
    /// milliseconds on a busy machine.
    pub(crate) fn let_go(self) {
        static DROPPED: OnceLock<Option<Sender<Kept>>> = OnceLock::new();
        let dropped = DROPPED.get_or_init(|| {
            let (sender, dropped) = channel::<Kept>();
            let end = move || dropped.into_iter().for_each(drop);
            // If this thread cannot be started, the caller waits.
            thread::Builder::new().name("namespaces".into()).spawn(end).ok().map(|_| sender)
        });
        if let Some(dropped) = dropped {
            let _ = dropped.send(self); // The thread lives as long as the process.
        }
    }

    /// As another process finds them.
    pub(crate) fn made(&self, directory: &Path, isolation: Isolation) -> WorkNamespaces {
        let judge = std::process::id();
        let path = |file: &File| PathBuf::from(format!("/proc/{judge}/fd/{}", file.as_raw_fd()));
        let files = isolation.files.then(|| path(&self.files));
        WorkNamespaces { ipc: path(&self.ipc), files, directory: directory.into() }
    }
}

/// Where the namespaces are found that were made before.
#[derive(Serialize, Deserialize)]
pub(crate) struct WorkNamespaces {
    ipc: PathBuf,
    /// The mount namespace, if it is one of their own.
    files: Option<PathBuf>,
    /// The work directory, in which a process is again after it has changed its mount namespace.
    directory: PathBuf,
}

impl WorkNamespaces {
    fn join(&self, is_root: bool) -> io::Result<()> {
        let ipc = File::open(&self.ipc)?;
        let files = self.files.as_ref().map(File::open).transpose()?;
        if !is_root {
            setns(owner(&ipc)?, CloneFlags::CLONE_NEWUSER)?;
        }
        setns(ipc, CloneFlags::CLONE_NEWIPC)?;
        if let Some(files) = files {
            setns(files, CloneFlags::CLONE_NEWNS)?;
            chdir(&self.directory)?;
        }
        Ok(())
    }
}

/// The user namespace that owns another one.
fn owner(namespace: &File) -> io::Result<OwnedFd> {
    // SAFETY: takes no memory.
    let owner = unsafe { libc::ioctl(namespace.as_raw_fd(), libc::NS_GET_USERNS) };
    if owner < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(owner) })
}

/// One call for each namespace, so that a refusal names the namespace.
fn make_namespaces(proc: &File, is_root: bool) -> Result<()> {
    if !is_root {
        let (user, group) = (geteuid(), getegid());
        namespace::unshare_user()?;
        write(proc, "self/setgroups", "deny").step("write setgroups")?;
        write(proc, "self/uid_map", &format!("0 {user} 1")).step("write uid_map")?;
        write(proc, "self/gid_map", &format!("0 {group} 1")).step("write gid_map")?;
    }
    unshare(CloneFlags::CLONE_NEWIPC).step("unshare CLONE_NEWIPC")?;
    unshare(CloneFlags::CLONE_NEWNS).step("unshare CLONE_NEWNS")
}

/// All limits are the namespace's own: 512 MiB of shared memory in 256 segments, 256 message queues.
fn limit_objects(proc: &File) -> io::Result<()> {
    const SHARED: u64 = 512 << 20;
    let pages = SHARED / common::page_size() as u64;
    write(proc, "sys/kernel/shmall", &pages.to_string())?;
    write(proc, "sys/kernel/shmmax", &SHARED.to_string())?;
    write(proc, "sys/kernel/shmmni", "256")?;
    write(proc, "sys/kernel/msgmni", "256")?;
    // Semaphores of a set, of all sets, operations of a call, sets.
    write(proc, "sys/kernel/sem", "1000 32000 100 256")
}

/// Makes every mount read-only but for the work directory, in this process's mount namespace.
fn close_other_files() -> io::Result<()> {
    let here = std::env::current_dir()?;
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    // With the mounts below it, if there are any: a bind mount may not uncover what they hide.
    mount(Some(&here), &here, none, MsFlags::MS_BIND | MsFlags::MS_REC, none)?;
    change_mount(Path::new("/"), libc::AT_RECURSIVE, libc::MOUNT_ATTR_RDONLY, 0)?;
    change_mount(&here, 0, 0, libc::MOUNT_ATTR_RDONLY)?;
    Ok(chdir(&here)?)
}

/// `mount_setattr` of the mount at this path.
fn change_mount(path: &Path, flags: i32, set: u64, clear: u64) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let change = libc::mount_attr { attr_set: set, attr_clr: clear, propagation: 0, userns_fd: 0 };
    let (call, size) = (libc::SYS_mount_setattr, size_of_val(&change));
    // SAFETY: path and change outlive the call, and the kernel is told the size of the second.
    let done = unsafe {
        libc::syscall(call, libc::AT_FDCWD, path.as_ptr(), flags, &raw const change, size)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn open(proc: &File, name: &str, flags: OFlag) -> io::Result<File> {
    let opened = openat(proc, name, flags | OFlag::O_CLOEXEC, Mode::empty());
    opened.map(File::from).map_err(io::Error::from)
}

fn write(proc: &File, name: &str, text: &str) -> io::Result<()> {
    open(proc, name, OFlag::O_WRONLY)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_that_passes_does_not_mean_that_there_are_no_namespaces() {
        let failed = |errno, forbidden| {
            let failed = Err::<(), _>(io::Error::from_raw_os_error(errno)).step("unshare");
            lacks(failed.unwrap_err(), forbidden)
        };
        for errno in [libc::ENOSPC, libc::EMFILE, libc::ENOMEM, libc::EAGAIN] {
            assert!(failed(errno, false).is_err(), "errno {errno}");
        }
        assert!(failed(libc::ENOSPC, true).is_ok(), "a limit of 0");
        for errno in [libc::EPERM, libc::EACCES, libc::ENOSYS, libc::EINVAL, libc::EROFS] {
            assert!(failed(errno, false).is_ok(), "errno {errno}");
        }
    }
}
