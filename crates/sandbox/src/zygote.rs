//! The zygote: a process of the judge's own binary, prepared once, that forks launcher processes. To execute the
//! binary for each run would take longer than most programs run.
//!
//! A launcher process that the zygote forks is a child of the judge (CLONE_PARENT), as if the judge had started it:
//! a thread of the judge can trace it, and the kernel reports its end to this thread. A thread that never waits for a
//! process, the keeper, has the zygotes and these launcher processes as its children. There is a zygote for each set of
//! processors on which a thread of the judge runs, since a launcher process stays on those of its zygote.
//!
//! A zygote ends when the judge does, because the judge's end of their channel is closed then.
//!
//! # Safety
//! `clone` without CLONE_VM is a `fork`: it is called in a process with one thread, so its child may go on as a
//! complete copy of the process. Descriptors that come over the channel are new, and nobody else in the process knows
//! them.
#![expect(unsafe_code, reason = "a fork with CLONE_PARENT; descriptors by their numbers")]

use std::ffi::OsString;
use std::fs;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use common::{Context, Result};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use nix::unistd::{Pid, chdir, dup2_stderr, dup2_stdin, dup2_stdout, setpgid};

use crate::confined::become_program;
use crate::own_binary::{LAUNCH, own_binary};
use crate::protocol::{Message, send};

/// The hidden role.
pub const ROLE: &str = "zygote";

/// What a launcher process is to do.
pub(crate) struct Request<'r> {
    /// The `Confinement`, as JSON.
    pub(crate) confinement: &'r str,
    /// The work directory.
    pub(crate) directory: &'r Path,
    pub(crate) program: &'r Path,
    pub(crate) arguments: &'r [OsString],
    /// Its standard input, which is its channel to the judge, its standard output and its standard error.
    pub(crate) descriptors: [BorrowedFd<'r>; 3],
}

/// Whether a zygote can launch programs for this thread: the thread has the mount namespace of the judge's first
/// thread.
pub(crate) fn serves_this_thread() -> io::Result<bool> {
    let namespace = |path| fs::read_link(path);
    Ok(namespace("/proc/thread-self/ns/mnt")? == namespace("/proc/self/ns/mnt")?)
}

/// Lets a zygote fork a launcher process, on the processors of this thread.
///
/// # Errors
/// Those of starting a zygote, of `fork`, and of the channel. InvalidInput: a path or an argument has a NUL in it.
pub(crate) fn fork(request: &Request) -> Result<Pid> {
    let message = request.message().step("execve")?;
    let processors = sched_getaffinity(Pid::from_raw(0)).step("sched_getaffinity")?;
    let zygote = of_these(processors)?;
    let mut zygote = lock(&zygote);
    let forked = zygote.fork(&message, request.descriptors);
    if forked.is_err() {
        lock(&ZYGOTES).retain(|(of, _)| *of != processors); // Its next answer may be the one to this request.
    }
    forked.step("start the confined process")
}

impl Request<'_> {
    /// Its words, each with a NUL after it.
    fn message(&self) -> io::Result<Vec<u8>> {
        let words = [self.confinement.as_bytes()].into_iter();
        let words =
            words.chain([self.directory, self.program].map(|path| path.as_os_str().as_bytes()));
        let words = words.chain(self.arguments.iter().map(|word| word.as_bytes()));
        let mut message = Vec::new();
        for word in words {
            if word.contains(&0) {
                let why = "a path or an argument has a NUL in it";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
            }
            message.extend_from_slice(word);
            message.push(0);
        }
        Ok(message)
    }
}

/// The judge's end of the channel to a zygote.
struct Zygote(UnixStream);

/// The zygotes, each with its processors.
static ZYGOTES: Mutex<Vec<(CpuSet, Arc<Mutex<Zygote>>)>> = Mutex::new(Vec::new());

/// The zygote on these processors, which is started if there is none.
fn of_these(processors: CpuSet) -> Result<Arc<Mutex<Zygote>>> {
    let mut zygotes = lock(&ZYGOTES);
    if let Some((_, zygote)) = zygotes.iter().find(|(of, _)| *of == processors) {
        return Ok(Arc::clone(zygote));
    }
    let zygote = Arc::new(Mutex::new(Zygote::start(processors)?));
    zygotes.push((processors, Arc::clone(&zygote)));
    Ok(zygote)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves a list of channels. A zygote that was left in the middle of an answer has been removed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Zygote {
    fn start(processors: CpuSet) -> Result<Self> {
        let (ours, theirs) = UnixStream::pair().step("socketpair")?;
        ours.set_read_timeout(Some(LAUNCH)).step("setsockopt")?;
        keeper()?.start(theirs, processors)?;
        Ok(Self(ours))
    }

    fn fork(&mut self, message: &[u8], descriptors: [BorrowedFd; 3]) -> io::Result<Pid> {
        let length = u32::try_from(message.len()).map_err(io::Error::other)?.to_ne_bytes();
        let descriptors = descriptors.map(|descriptor| descriptor.as_raw_fd());
        let rights = [ControlMessage::ScmRights(&descriptors)];
        let first = [IoSlice::new(&length)];
        sendmsg::<()>(self.0.as_raw_fd(), &first, &rights, MsgFlags::MSG_NOSIGNAL, None)?;
        self.0.write_all(message)?;
        let mut answer = [0; 4];
        self.0.read_exact(&mut answer)?;
        match i32::from_ne_bytes(answer) {
            error @ ..0 => Err(io::Error::from_raw_os_error(-error)),
            pid => Ok(Pid::from_raw(pid)),
        }
    }
}

/// Ends the zygotes, and waits until they have closed their channels. A thread that starts a program later starts
/// another zygote.
pub fn end() {
    let zygotes = std::mem::take(&mut *lock(&ZYGOTES));
    for (_, zygote) in zygotes {
        let Zygote(channel) = &mut *lock(&zygote);
        let _ = channel.shutdown(Shutdown::Write); // If this fails, the zygote has ended.
        let _ = channel.read(&mut [0]); // It answers nothing more: this ends with the zygote, or by the timeout.
    }
}

/// The thread whose children the zygotes are. It lives as long as the judge, and waits for no process.
struct Keeper(Sender<Order>);

/// A zygote to be started: its end of the channel, its processors, and where the keeper sends the result.
struct Order(UnixStream, CpuSet, Sender<Result<()>>);

fn keeper() -> Result<&'static Keeper> {
    static KEEPER: OnceLock<Keeper> = OnceLock::new();
    if let Some(keeper) = KEEPER.get() {
        return Ok(keeper);
    }
    let (sender, orders) = channel::<Order>();
    let keep = move || {
        for Order(theirs, processors, told) in orders {
            let _ = told.send(started(theirs, processors)); // The thread that asked waits for this.
        }
    };
    // If two threads start a keeper at the same time, one of the two keepers ends at once.
    thread::Builder::new().name("keeper".into()).spawn(keep).step("start a thread")?;
    Ok(KEEPER.get_or_init(|| Keeper(sender)))
}

impl Keeper {
    fn start(&self, theirs: UnixStream, processors: CpuSet) -> Result<()> {
        let (told, tells) = channel();
        let gone = |_| io::Error::other("the keeper has ended");
        let order = Order(theirs, processors, told);
        self.0.send(order).map_err(|_| gone(())).step("ask the keeper")?;
        tells.recv().map_err(|_| gone(())).step("ask the keeper")?
    }
}

/// Starts a zygote, on these processors.
fn started(theirs: UnixStream, processors: CpuSet) -> Result<()> {
    let _ = sched_setaffinity(Pid::from_raw(0), &processors); // If this is refused, a launch only takes longer.
    let mut command = Command::new(own_binary());
    command.arg(ROLE).env_clear().current_dir("/");
    command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop).step("start the zygote")
}

/// What the zygote does: it forks a launcher process for each request, until the judge closes the channel. In a
/// launcher process, it returns only if the process could not become its program.
///
/// # Errors
/// Those of the channel; in a launcher process, the step that could not be made. The judge has been told.
pub fn serve() -> Result<()> {
    let itself = Pid::from_raw(0);
    // Ctrl-C is for the judge. If this is refused, it is refused to each launcher process, too, which says so.
    let _ = setpgid(itself, itself);
    let mut judge = UnixStream::from(io::stdin().as_fd().try_clone_to_owned().step("dup")?);
    while let Some((message, descriptors)) = next(&mut judge).step("read the request")? {
        let answer = match fork_beside() {
            Ok(Some(pid)) => pid.as_raw(),
            Ok(None) => {
                drop(judge);
                return launch(message, descriptors);
            }
            Err(error) => -error.raw_os_error().unwrap_or(libc::EIO),
        };
        judge.write_all(&answer.to_ne_bytes()).step("tell the judge")?;
    }
    Ok(())
}

/// The next request, and its descriptors; `None` if the judge has ended.
fn next(judge: &mut UnixStream) -> io::Result<Option<(Vec<u8>, Vec<OwnedFd>)>> {
    let mut length = [0; 4];
    let mut space = nix::cmsg_space!([RawFd; 3]);
    let received = {
        let mut first = [IoSliceMut::new(&mut length)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let received = recvmsg::<()>(judge.as_raw_fd(), &mut first, Some(&mut space), flags)?;
        let mut descriptors = Vec::new();
        for message in received.cmsgs()? {
            if let ControlMessageOwned::ScmRights(numbers) = message {
                // SAFETY: the call has just made these descriptors, and nobody else knows them.
                let own = |number| unsafe { OwnedFd::from_raw_fd(number) };
                descriptors.extend(numbers.into_iter().map(own));
            }
        }
        (received.bytes, descriptors)
    };
    let (bytes, descriptors) = received;
    if bytes == 0 {
        return Ok(None);
    }
    judge.read_exact(length.get_mut(bytes..).unwrap_or_default())?;
    let mut message = vec![0; usize::try_from(u32::from_ne_bytes(length)).unwrap_or_default()];
    judge.read_exact(&mut message)?;
    Ok(Some((message, descriptors)))
}

/// Forks a process that is a child of this one's parent: its number, or `None` in it.
fn fork_beside() -> io::Result<Option<Pid>> {
    const FLAGS: i32 = libc::CLONE_PARENT | libc::SIGCHLD;
    let none = 0_usize; // No stack of its own, and no place to store a thread ID in.
    // SAFETY: the call takes numbers only, and without a stack of its own the child goes on with a copy of this stack.
    // This process has one thread, so the copy of its memory is complete.
    let pid = unsafe { libc::syscall(libc::SYS_clone, FLAGS, none, none, none, none) };
    match i32::try_from(pid).unwrap_or(-1) {
        ..0 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        pid => Ok(Some(Pid::from_raw(pid))),
    }
}

/// What a launcher process does after the zygote has forked it for this request.
fn launch(message: Vec<u8>, descriptors: Vec<OwnedFd>) -> Result<()> {
    let mut words = message.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec()));
    let mut next = || words.next().unwrap_or_default();
    let (confinement, directory, program) = (next(), PathBuf::from(next()), PathBuf::from(next()));
    let mut arguments: Vec<OsString> = words.collect();
    arguments.pop(); // The empty word after the last NUL.
    let lacks = |_| io::Error::other("not three descriptors");
    let [channel, output, errors] =
        descriptors.try_into().map_err(lacks).step("read the request")?;
    dup2_stdin(&channel).step("dup2")?;
    dup2_stdout(output).step("dup2")?;
    dup2_stderr(errors).step("dup2")?;
    if let Err(failure) = chdir(&directory).map_err(io::Error::from).step_on("chdir", &directory) {
        let told = send(&mut UnixStream::from(channel), &Message::failed(&failure));
        return told.step("tell the judge").and(Err(failure));
    }
    drop(channel);
    become_program(&confinement.to_string_lossy(), &program, arguments)
}
