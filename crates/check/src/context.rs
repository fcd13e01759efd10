//! Where a check works: the program to be judged, and an empty work directory for it.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::{Context, Scratch};
use rand::{SeedableRng, rngs::StdRng};
use sandbox::{Sandbox, Start, WorkDirectory};
use tracer::{Ending, FileId, LimitExceeded, Limits, ProcFile, REFUSED};

use crate::counted::counted;
use crate::expect::shown;
use crate::fixture::{SandboxedFixture, regular_file};
use crate::machine::{Settings, shows};
use crate::observe::{self, AfterTheEnd, NoopObserver, Observer, Run, Unflushed};
use crate::verdict::{CheckError, Finding, Verdict, failed};

/// One check's context.
pub struct CheckContext<'a> {
    program: &'a Path,
    settings: &'a Settings,
    scratch: &'a Scratch,
    work_directory: WorkDirectory,
    directories: u32,
    limits: Limits,
    noted: RefCell<Noted>,
    refused: RefCell<BTreeSet<PathBuf>>,
    last_call: RefCell<Vec<String>>,
    random: RefCell<StdRng>,
    spent: Cell<Duration>,
    start_up: Cell<Option<Duration>>,
    began: Instant,
}

/// What a check noted beside its verdict.
#[derive(Debug, Default)]
pub struct Noted {
    /// Measurements that are not judged.
    pub lines: Vec<String>,
    /// What the program did, for [`Report::fingerprint`](crate::report::Report::fingerprint).
    pub done: Vec<String>,
    /// Parts of the check that this machine could not make: what each promises, and why it was not made.
    pub not_made: Vec<(String, String)>,
}

/// The calls of a run that were about regular files, in order: repetitions once.
fn what_it_did(run: &Run) -> String {
    let about_files =
        run.calls.iter().flatten().filter(|call| call.files.iter().any(|opened| opened.regular));
    let mut names: Vec<String> = about_files
        .map(|call| match call.number {
            libc::SYS_mmap => format!("mmap {} {}", call.arguments[2], call.arguments[3]),
            _ => call.name(),
        })
        .collect();
    names.dedup();
    format!("{}: {}", run.ending, names.join(", "))
}

/// A call, and what the files were that it names: of every exercise, the second argument is a file.
fn circumstances(start: &Start, directory: &Path) -> Vec<String> {
    const MOST: usize = 3;
    let may_be_a_name =
        |word: &OsString| Path::new(word).is_relative() && Path::new(word).file_name().is_some();
    let words = start.arguments().iter().skip(1).enumerate();
    let names = words.filter(|(_, word)| may_be_a_name(word)).filter_map(|(place, name)| {
        let kind = match std::fs::symlink_metadata(directory.join(name)) {
            Ok(found) => kind(&found),
            Err(error) if error.kind() == ErrorKind::NotFound && place == 0 => "missing".into(),
            Err(_) => return None, // It is no name of a file.
        };
        Some(format!("{} was {kind}", name.to_string_lossy()))
    });
    let names: Vec<String> = names.take(MOST).collect();
    let on = if names.is_empty() { String::new() } else { format!("; {}", names.join(", ")) };
    vec![format!("the last call: {}{on}", called(start))]
}

/// Whether a FIFO is among the files that a call names.
fn names_a_fifo(start: &Start, directory: &Path) -> bool {
    let is_fifo = |name: &OsString| {
        let found = std::fs::symlink_metadata(directory.join(name));
        found.is_ok_and(|found| found.file_type().is_fifo())
    };
    start.arguments().iter().skip(1).any(is_fifo)
}

/// Whether a run that did not end slept in the opening or the reading of a file. Where calls are not seen,
/// a sleep is all that is known.
fn waits_in_a_file(run: &Run) -> bool {
    const WAIT: [&str; 5] = ["open", "openat", "openat2", "creat", "read"];
    let slept = match run.limit_exceeded {
        Some(LimitExceeded::Fifo) => return true,
        limit => matches!(limit, Some(LimitExceeded::Wall(_))),
    };
    let in_a_file = run.unfinished.as_deref().is_some_and(|call| WAIT.contains(&call));
    slept && (run.calls.is_none() || in_a_file)
}

/// A call as a person would type it, cut if it is long.
fn called(start: &Start) -> String {
    const MOST: usize = 100;
    let typed = start.called();
    match typed.char_indices().nth(MOST) {
        Some((end, _)) => format!("`{}` …", typed.get(..end).unwrap_or_default()),
        None => format!("`{typed}`"),
    }
}

/// What kind of file that is, in words.
fn kind(found: &Metadata) -> String {
    let kind = found.file_type();
    let mode = found.permissions().mode() & 0o7777;
    let what = match () {
        () if kind.is_file() => format!("a regular file of {}", counted(found.len(), "byte")),
        () if kind.is_dir() => "a directory".into(),
        () if kind.is_fifo() => "a FIFO".into(),
        () if kind.is_char_device() || kind.is_block_device() => "a device".into(),
        () if kind.is_socket() => "a socket".into(),
        () => return "a symbolic link".into(),
    };
    format!("{what}, mode {mode:04o}")
}

/// How long a check with two processes may take, what comes after it included.
const MOST: Duration = Duration::from_millis(9500);
/// It tries some dozens of pairs. So it may take longer if a program uses much CPU time before it does
/// anything, as Java does: so many times a start, up to two minutes in all.
const STARTS: u32 = 200;
const MOST_OF_ALL: Duration = Duration::from_secs(120);
/// The most processes that one execution starts: the one that is killed, and those beside or after it.
const PROCESSES: u32 = 6;
/// A program without arguments should have ended by then.
const AT_ONCE: Duration = Duration::from_secs(1);
/// A program sleeps so long, beyond its start, where it waits for the other end of a FIFO.
const IN_A_FIFO: Duration = Duration::from_millis(500);
/// On a busy machine a start takes longer than its CPU time, up to so many times. One that takes still
/// longer sleeps.
const BUSY: u32 = 5;

impl<'a> CheckContext<'a> {
    /// A context with an empty work directory, for one check.
    ///
    /// # Errors
    /// Those of making a directory.
    pub fn new(
        program: &'a Path,
        settings: &'a Settings,
        scratch: &'a Scratch,
    ) -> common::Result<Self> {
        let work_directory = WorkDirectory::new(scratch, "work")?;
        Ok(Self {
            program,
            settings,
            scratch,
            work_directory,
            directories: 0,
            limits: Limits::default(),
            noted: RefCell::default(),
            refused: RefCell::default(),
            last_call: RefCell::default(),
            random: RefCell::new(StdRng::seed_from_u64(settings.seed)),
            spent: Cell::default(),
            start_up: Cell::default(),
            began: Instant::now(),
        })
    }

    /// Where the program works: its FILEs are bare names in here.
    #[must_use]
    pub fn work_directory(&self) -> &WorkDirectory {
        &self.work_directory
    }

    /// An empty work directory instead of the one that was.
    ///
    /// # Errors
    /// Those of making a directory.
    pub fn new_work_directory(&mut self) -> common::Result<&WorkDirectory> {
        self.directories += 1;
        self.work_directory =
            WorkDirectory::new(self.scratch, &format!("directory-{}", self.directories))?;
        Ok(&self.work_directory)
    }

    /// A place for two of the program's processes, with a work directory of its own.
    ///
    /// # Errors
    /// Those of making a directory. This machine does not show whether a process waits for another one.
    pub fn fixture(&self, name: &str) -> common::Result<SandboxedFixture<'a>> {
        if self.settings.machine.tracing {
            shows(ProcFile::Syscall)?;
        }
        let work_directory = WorkDirectory::new(self.scratch, name)?;
        let most = MOST + STARTS * self.start_up()?;
        let deadline = self.began + most.min(MOST_OF_ALL);
        // Together they may use as much CPU time as one alone, and what their starts cost.
        let cpu_time = self.limits.cpu_time + PROCESSES * self.start_up()?;
        let limits = Limits { cpu_time, ..self.limits };
        Ok(SandboxedFixture {
            program: self.program,
            work_directory,
            limits,
            deadline,
            for_a_page: false,
            loads: false,
        })
    }

    /// How long a run without arguments takes. The program should do no more then than start and say
    /// how it is called.
    ///
    /// # Errors
    /// Faults of the judge.
    pub fn start_up(&self) -> common::Result<Duration> {
        if let Some(known) = self.start_up.get() {
            return Ok(known);
        }
        let limits = Limits { wall: AT_ONCE, ..self.limits };
        let directory = WorkDirectory::new(self.scratch, "start-up")?;
        let mut sandbox = Sandbox::new(&directory, limits, self.settings.machine.tracing)?;
        let none: [&str; 0] = [];
        let used = match observe::run(&mut sandbox, &self.start(&none), &mut NoopObserver) {
            Ok(run) => run.time.min(BUSY * run.cpu_time),
            Err(CheckError::Fault(failure)) => return Err(failure),
            Err(_) => Duration::ZERO, // The check itself finds out what is wrong.
        };
        self.start_up.set(Some(used));
        Ok(used)
    }

    /// What this run of the judge was told, and what it found out about the machine.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        self.settings
    }

    /// Goes on only where programs can be traced; `lacks` says what cannot be done elsewhere.
    ///
    /// # Errors
    /// This machine cannot judge it.
    pub fn needs_tracing(&self, lacks: &str) -> Verdict {
        match self.settings.machine.tracing {
            true => Ok(()),
            false => Err(CheckError::Cannot(format!("{REFUSED}: {lacks}"))),
        }
    }

    /// Something to be told, whatever the verdict: a measurement that is not judged.
    pub fn note(&mut self, line: String) {
        self.noted.borrow_mut().lines.push(line);
    }

    /// A part of this check could not be made on this machine. The report has it as a check of its own that could
    /// not be made. It is worth no points: the rest of the check decides.
    pub fn could_not_be_made(&self, promise: &str, why: String) {
        self.noted.borrow_mut().not_made.push((promise.into(), why));
    }

    /// Something that the program did, by which it is compared with others.
    pub fn did(&self, what: String) {
        self.noted.borrow_mut().done.push(what);
    }

    /// The verdict; of a program that is wrong, also how it was called last, on what, and what it could not
    /// read here, which may be why.
    ///
    /// # Errors
    /// The verdict's.
    pub fn with_circumstances(&self, verdict: Verdict) -> Verdict {
        let refused = self.refused.borrow();
        let refusals = refused.iter().take(3).map(|path| {
            format!(
                "it was refused {path:?} (EACCES): a program may read only itself, its interpreter, its \
                 work directory, and the system's files such as those below /usr and /etc"
            )
        });
        let lines = self.last_call.borrow().iter().cloned().chain(refusals).collect::<Vec<_>>();
        verdict.map_err(|error| error.details(lines))
    }

    /// Draws of this check's inputs: the same ones from the same seed.
    pub fn random(&self) -> RefMut<'_, StdRng> {
        self.random.borrow_mut()
    }

    /// What was noted.
    #[must_use]
    pub fn noted(self) -> Noted {
        self.noted.into_inner()
    }

    /// The limits of the runs from now on, to be changed.
    pub fn limits_mut(&mut self) -> &mut Limits {
        &mut self.limits
    }

    /// The limits of the next run.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The program with these arguments, to be started.
    #[must_use]
    pub fn start(&self, arguments: &[&str]) -> Start {
        Start::new(self.program, arguments)
    }

    /// The same with arguments that need be no UTF-8.
    #[must_use]
    pub fn start_os(&self, arguments: impl IntoIterator<Item = OsString>) -> Start {
        Start::new(self.program, arguments)
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// `hang` and other broken limits, which end the exercise; faults of the judge.
    pub fn run(&self, arguments: &[&str]) -> Verdict<Run> {
        self.observe(&self.start(arguments), &mut NoopObserver)
    }

    /// Runs the program, which should print this. Where tracing is refused, a missing flush is not seen.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_printing(&self, arguments: &[&str], expected: &[u8]) -> Verdict<Run> {
        let mut unflushed = Unflushed::new(expected);
        let run = self.observe(&self.start(arguments), &mut unflushed)?;
        Ok(unflushed.noted_in(run))
    }

    /// Runs a program to its end, with an observer.
    ///
    /// # Errors
    /// As [`run`](Self::run), and those of the observer.
    pub fn observe(&self, start: &Start, observer: &mut dyn Observer) -> Verdict<Run> {
        self.run_to_its_end(start, observer, self.settings.machine.tracing)
    }

    /// Runs the program twice on the same FILE, or on none: traced, and untraced. It must print the same,
    /// end the same way, and leave the same bytes.
    ///
    /// # Errors
    /// `otherwise-untraced`; as [`run`](Self::run).
    pub fn same_untraced(&mut self, arguments: &[&str], file: Option<&[u8]>) -> Verdict {
        let mut seen = Vec::new();
        for traced in [self.settings.machine.tracing, false] {
            let work_directory = self.new_work_directory()?;
            if let Some(bytes) = file {
                work_directory.write("FILE", bytes)?;
            }
            let run = self.run_to_its_end(&self.start(arguments), &mut NoopObserver, traced);
            let run = match run {
                Err(CheckError::Cannot(why)) if !traced => {
                    let called = format!("`{}`", arguments.join(" "));
                    let promise = format!("{called} does the same, whether it is traced or not");
                    self.could_not_be_made(&promise, why);
                    return Ok(());
                }
                run => run?,
            };
            let left = match self.read("FILE") {
                Ok(bytes) => Some(bytes),
                Err(CheckError::Wrong(_)) => None, // There is no FILE.
                Err(refused) => return Err(refused),
            };
            seen.push((run.ending, run.stdout.bytes, left));
        }
        let [(ending, output, file), (other_ending, other_output, other_file)] = &seen[..] else {
            return Ok(());
        };
        let differs = [
            (ending != other_ending, "it ends in another way"),
            (output != other_output, "it prints something else"),
            (file != other_file, "it leaves other bytes in FILE"),
        ];
        let Some((_, how)) = differs.iter().find(|(differs, _)| *differs) else {
            return Ok(());
        };
        let told = |how: &str, ending: &Ending, output: &[u8]| {
            format!("{how}: {ending}, output {}", shown(&String::from_utf8_lossy(output)))
        };
        let finding = Finding::new(
            "otherwise-untraced",
            format!("`{}` does the same, whether it is traced or not", arguments.join(" ")),
            format!("when nobody traces it, {how}"),
        );
        Err(CheckError::Wrong(Box::new(finding.details([
            told("traced", ending, output),
            told("not traced", other_ending, other_output),
        ]))))
    }

    fn run_to_its_end(
        &self,
        start: &Start,
        observer: &mut dyn Observer,
        traced: bool,
    ) -> Verdict<Run> {
        let mut wall = time_left(self.limits.wall, self.spent.get());
        let has_fifo = names_a_fifo(start, self.work_directory.path());
        if has_fifo {
            // Nobody will open the other end. If that cannot be seen at once, the clock decides: a program that still
            // sleeps there after the time that a start takes sleeps for ever.
            wall = wall.min(IN_A_FIFO + BUSY * self.start_up()?);
        }
        let limits = Limits { wall, ..self.limits };
        let mut sandbox = Sandbox::new(&self.work_directory, limits, traced)?;
        *self.last_call.borrow_mut() = circumstances(start, self.work_directory.path());
        let file = start.arguments().get(1).map(Path::new).unwrap_or("FILE".as_ref());
        let mut after = AfterTheEnd::new(observer, self.work_directory.path().join(file));
        let run = match has_fifo {
            true => observe::run_with_fifos(&mut sandbox, start, &mut after)?,
            false => observe::run(&mut sandbox, start, &mut after)?,
        };
        self.spent.set(self.spent.get() + run.time);
        self.did(what_it_did(&run));
        // What a language's runtime looks up there by itself is no reason.
        let system =
            ["/proc".as_ref(), "/dev".as_ref(), "/sys".as_ref(), self.work_directory.path()];
        let elsewhere = |path: &&PathBuf| {
            path.is_absolute() && !system.iter().any(|inside| path.starts_with(inside))
        };
        // An interpreter lists directories in which a module may be, such as the one of its script, at each
        // start. That matters only if it then lacks a module.
        let lacks_a_module = run.stderr.text().contains("No module named");
        let matters = |path: &&PathBuf| lacks_a_module || !path.is_dir();
        let refused = run.refused.iter().filter(elsewhere).filter(matters).cloned();
        self.refused.borrow_mut().extend(refused);
        let waits_for_it = has_fifo && waits_in_a_file(&run);
        run.stays_within_the_limits().map_err(|error| match waits_for_it {
            true => error.known_as("hang", "waits-for-a-fifo"),
            false => error,
        })?;
        run.prints_in_time()?;
        after.verdict(&run.called)?;
        Ok(run)
    }

    /// A sandbox without processes in this work directory, for checks that drive their processes themselves.
    ///
    /// # Errors
    /// Those of making a thread.
    pub fn sandbox(&self) -> common::Result<Sandbox<'_>> {
        Sandbox::new(&self.work_directory, self.limits, self.settings.machine.tracing)
    }

    /// The same in a work directory elsewhere.
    ///
    /// # Errors
    /// Those of making a thread.
    pub fn sandbox_in<'r>(&self, work_directory: &'r WorkDirectory) -> common::Result<Sandbox<'r>> {
        Sandbox::new(work_directory, self.limits, self.settings.machine.tracing)
    }

    /// Which file that is, for asking which calls were about it.
    ///
    /// # Errors
    /// `file-gone`: there is none.
    pub fn identity(&self, name: &str) -> Verdict<FileId> {
        let found = self.identity_if_there(name)?;
        found.map_or_else(|| failed("file-gone", "FILE is there", "there is no FILE any more"), Ok)
    }

    /// The same of a file that need not be there.
    ///
    /// # Errors
    /// The file cannot be looked at.
    pub fn identity_if_there(&self, name: &str) -> Verdict<Option<FileId>> {
        let path = self.work_directory.path().join(name);
        Ok(FileId::at(&path).step_on("look at", &path)?)
    }

    /// The bytes of a file in the work directory; a link is none.
    ///
    /// # Errors
    /// `file-gone`: there is none, or it is no regular file any more.
    pub fn read(&self, name: &str) -> Verdict<Vec<u8>> {
        let mut file = self.open(name)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).step_on("read", &self.work_directory.path().join(name))?;
        Ok(bytes)
    }

    /// A file in the work directory, opened for reading; a link is none.
    ///
    /// # Errors
    /// `file-gone`: there is none, or it is no regular file any more.
    pub fn open(&self, name: &str) -> Verdict<File> {
        let found = regular_file(&self.work_directory, name)?;
        found.or_else(|seen| failed("file-gone", format!("{name} is a regular file"), seen))
    }
}

/// How long a run may take. Ten seconds are a check's, however many runs it makes. But no run is said to hang
/// because those before it took long: each has the time for a start on a busy machine.
fn time_left(wall: Duration, spent: Duration) -> Duration {
    const AT_LEAST: Duration = Duration::from_secs(2);
    wall.saturating_sub(spent).max(AT_LEAST.min(wall))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_of_a_check_has_time_for_a_start() {
        let seconds = Duration::from_secs;
        assert_eq!(time_left(seconds(10), seconds(3)), seconds(7));
        for spent in [9, 10, 12] {
            assert_eq!(time_left(seconds(10), seconds(spent)), seconds(2));
        }
        assert_eq!(time_left(seconds(2), Duration::from_millis(1990)), seconds(2));
        assert_eq!(time_left(seconds(1), seconds(5)), seconds(1), "what a check allows is enough");
    }

    #[test]
    fn a_word_that_is_no_name_is_not_told_as_a_file() {
        let directory = tempfile::tempdir().expect("make a directory");
        std::fs::write(directory.path().join("FILE"), b"12").expect("write FILE");
        let words = ["record", "FILE", "", ".", "..", "/", "/etc"];
        let told = circumstances(&Start::new(Path::new("ledger"), words), directory.path());
        let [line] = &told[..] else { panic!("{told:?}") };
        assert!(line.contains("; FILE was a regular file of 2 bytes, mode"), "{line}");
        assert_eq!(line.matches(" was ").count(), 1, "{line}");
    }
}
