//! Runs the judge on a hostile program, under a deadline of its own, and looks at what is left.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use check::proof::BUSY;
use course::is_root;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// The judge.
pub(crate) const CHECK: &str = env!("CARGO_BIN_EXE_check");
/// A check has ten seconds. The rest is for a machine that is busy with other things.
const MOST: Duration = Duration::from_secs(240);

/// Runs the judge and lists what is left in the kernel. An IPC namespace for each call: what is left
/// in it is the program's, and goes with it.
const SCRIPT: &str = r#"
    if [ "$1" = root ]; then mkdir -p queues && mount -t mqueue none queues || exit 125; fi
    shift
    if [ -n "$BEFORE" ]; then
        timeout -s KILL 90 "$CHECK" "$EXERCISE" --program "$BEFORE" > first 2>&1
    fi
    timeout -s KILL "$@" > said 2> complained
    status=$?
    { tail -q -n +2 /proc/sysvipc/msg /proc/sysvipc/sem /proc/sysvipc/shm
      ls queues 2> nothing; } > left
    exit $status"#;

/// A directory that everybody may enter, removed at the end of the test.
pub(crate) fn open_directory() -> TempDir {
    let directory = tempfile::tempdir().expect("make a directory");
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("chmod");
    directory
}

/// The path of a program in `proof/attacks`.
pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("proof/attacks").join(name)
}

/// Compiles a C program of `proof/attacks` with these definitions, such as `-DDOES=memory`; keeps it
/// for the next time, unless a definition names a path of this run.
pub(crate) fn compile(directory: &Path, name: &str, defines: &[&str]) -> PathBuf {
    let program = directory.join(name.trim_end_matches(".c"));
    let kept_in = Path::new(env!("CARGO_TARGET_TMPDIR")).join("attacks");
    fs::create_dir_all(&kept_in).expect("mkdir");
    let kept = kept_in.join(format!("{name} {}", defines.join(" ")).replace('/', "|"));
    let keeps = defines.iter().all(|define| !define.contains('/'));
    let made = fs::metadata(&kept).and_then(|found| found.modified());
    if keeps && made.is_ok_and(|made| made > newest_source()) {
        copy(&kept, &program);
        return program;
    }
    let mut compiler = Command::new("cc");
    compiler.args(["-O2", "-w", "-pthread"]).args(defines).arg("-o").arg(&program);
    let done = compiler.arg(source(name)).status().expect("run cc");
    assert!(done.success(), "{name} compiles with {defines:?}");
    if keeps {
        let fresh = tempfile::NamedTempFile::new_in(&kept_in).expect("make a file");
        let fresh = fresh.into_temp_path();
        copy(&program, &fresh);
        fresh.persist(&kept).expect("rename");
    }
    program
}

/// By a process of its own: while a child of this one inherits a descriptor for writing, the program
/// could not be executed.
fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-p").args([from, to]).status().expect("run cp");
    assert!(done.success(), "{} is copied", from.display());
}

/// When a source was changed last that an attack may include.
fn newest_source() -> SystemTime {
    static NEWEST: OnceLock<SystemTime> = OnceLock::new();
    *NEWEST.get_or_init(|| {
        let folders = fs::read_dir(source("..")).expect("list the answers").flatten();
        let folders = folders.filter_map(|folder| fs::read_dir(folder.path()).ok());
        let files = folders.flatten().flatten().filter_map(|file| file.metadata().ok());
        let changed = files.filter_map(|found| found.modified().ok());
        changed.max().expect("there are answers")
    })
}

/// One call of the judge.
pub(crate) struct Judge {
    /// Where the program is, and the judge's scratch directory.
    directory: TempDir,
    arguments: Vec<OsString>,
    program: PathBuf,
    /// Commands that start the judge: the first one starts the next, the last one the judge.
    around: Vec<String>,
    ordinary: bool,
    judge: PathBuf,
    format: &'static str,
    /// Another program, which is judged first.
    before: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The judge's exit status; `None` if a signal or the deadline killed it.
    pub(crate) status: Option<i32>,
    /// How long it took.
    pub(crate) took: Duration,
    /// What it printed.
    pub(crate) said: String,
    /// What it wrote to standard error.
    pub(crate) complained: String,
    /// The report, or null if there is none.
    pub(crate) report: Value,
    /// What is left in the kernel or in the scratch directory, and processes that still run.
    pub(crate) left: Vec<String>,
}

impl Judge {
    /// Judges a C program of `proof/attacks`.
    pub(crate) fn of(exercise: u8, name: &str, defines: &[&str]) -> Self {
        let directory = open_directory();
        let program = compile(directory.path(), name, defines);
        Self::of_program(exercise, directory, program)
    }

    /// Judges a program that lies in `directory`.
    pub(crate) fn of_program(exercise: u8, directory: TempDir, program: PathBuf) -> Self {
        let arguments = [exercise.to_string().into(), "--program".into(), program.clone().into()];
        Self {
            directory,
            arguments: arguments.into(),
            program,
            around: Vec::new(),
            ordinary: false,
            judge: CHECK.into(),
            format: "json",
            before: None,
        }
    }

    /// Judges a file with this content and mode, as exercise 1.
    pub(crate) fn of_file(name: impl AsRef<OsStr>, content: &[u8], mode: u32) -> Self {
        let directory = open_directory();
        let program = directory.path().join(name.as_ref());
        fs::write(&program, content).expect("write the program");
        fs::set_permissions(&program, Permissions::from_mode(mode)).expect("chmod");
        Self::of_program(1, directory, program)
    }

    /// The same for another exercise.
    pub(crate) fn for_exercise(mut self, exercise: u8) -> Self {
        if let Some(first) = self.arguments.first_mut() {
            *first = exercise.to_string().into();
        }
        self
    }

    /// The judge runs as an ordinary user whom nobody else is.
    pub(crate) fn by_ordinary_user(mut self) -> Self {
        self.ordinary = true;
        self
    }

    /// The judge is started by these words: `prlimit --nofile=20`.
    pub(crate) fn under<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.around.extend(words.into_iter().map(Into::into));
        self
    }

    /// The judge is started by a shell after these commands, such as `umask 777`.
    pub(crate) fn after(self, commands: &str) -> Self {
        self.under(["sh".into(), "-c".into(), format!("{commands}; exec \"$@\""), "sh".into()])
    }

    /// The judge runs as an ordinary user in a place where a part of `/proc` is hidden, as in most containers. There the
    /// kernel refuses to mount another `/proc`.
    pub(crate) fn where_a_part_of_proc_is_hidden(self) -> Self {
        let hide = "mount --bind /dev/null /proc/version && \
                    exec setpriv --inh-caps=-all --ambient-caps=-all \"$@\"";
        let own = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--keep-caps"];
        let words = own.into_iter().chain(["--mount", "sh", "-c", hide, "sh"]);
        self.by_ordinary_user().under(words)
    }

    /// The kernel refuses these calls to the judge with this errno: `ptrace`, or `ptrace:12` for
    /// one of its requests.
    pub(crate) fn refused(self, errno: i32, calls: &[&str]) -> Self {
        let refuse = compile(self.directory.path(), "refuse.c", &[]);
        let refuse = refuse.to_string_lossy().into_owned();
        self.under([refuse, errno.to_string(), calls.join(",")])
    }

    /// Before it, the judge judges another program in the same IPC namespace.
    pub(crate) fn after_another(mut self, program: &Path) -> Self {
        self.before = Some(program.into());
        self
    }

    /// More arguments, such as `--schedule X`.
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(OsString::from));
        self
    }

    /// The report's format, in place of JSON.
    pub(crate) fn written_as(mut self, format: &'static str) -> Self {
        self.format = format;
        self
    }

    /// Another copy of the judge.
    pub(crate) fn by(mut self, judge: &Path) -> Self {
        self.judge = judge.into();
        self
    }

    /// Where the program is.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The judge, with all that is around it.
    fn command(&self, scratch: &Path) -> Command {
        static USERS: AtomicU32 = AtomicU32::new(0);
        let place = self.directory.path();
        let mut words: Vec<OsString> = Vec::new();
        if is_root() {
            words.extend(["unshare", "--ipc", "--mount", "--"].map(OsString::from));
        }
        let user = if is_root() { "root" } else { "ordinary" };
        words.extend(["sh", "-c", SCRIPT, "sh", user].map(OsString::from));
        words.push(MOST.as_secs().to_string().into());
        if self.ordinary && is_root() {
            let number = USERS.fetch_add(1, Ordering::Relaxed);
            let user = 100_000 + std::process::id() % 100_000 * 100 + number % 100;
            chown(scratch, Some(user), Some(user)).expect("chown");
            let outside = place.join("outside");
            if outside.exists() {
                chown(&outside, Some(user), Some(user)).expect("chown");
            }
            words.push("setpriv".into());
            words.extend([format!("--reuid={user}").into(), format!("--regid={user}").into()]);
            words.push("--clear-groups".into());
        }
        words.extend(self.around.iter().map(OsString::from));
        words.push(self.judge.clone().into());
        words.extend(self.arguments.iter().cloned());
        words.extend(["--format", self.format].map(OsString::from));
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().expect("a command"));
        command.args(words).current_dir(place).env("LESSON_SCRATCH", scratch);
        command.stdin(Stdio::null()).env("CHECK", CHECK);
        command.env("BEFORE", self.before.as_deref().unwrap_or(Path::new("")));
        command.env("EXERCISE", self.arguments.first().expect("an exercise"));
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self) -> Seen {
        let mut seen = self.run_beside(|_| {});
        // That this machine is too busy to tell is no verdict: the judge is asked again.
        for _ in 0..2 {
            if matches!(seen.status, Some(0 | 3))
                && (seen.said.contains(BUSY) || seen.complained.contains(BUSY))
            {
                seen = self.run_beside(|_| {});
            }
        }
        seen
    }

    /// Kills it as soon as the program runs.
    pub(crate) fn run_and_kill(&self) -> Seen {
        self.run_beside(|runs| {
            let late = Instant::now() + MOST;
            while !runs() {
                assert!(Instant::now() < late, "the program never ran");
            }
            let judge = format!("{}\0", self.judge.display());
            let program = format!("\0--program\0{}\0", self.program.display());
            let is_it = |line: &str| line.starts_with(&judge) && line.contains(&program);
            let judges: Vec<_> = command_lines().filter(|(_, line)| is_it(line)).collect();
            // A child that it has just forked has its command line until the child executes a program.
            let is_one = |pid: i32| judges.iter().any(|(judge, _)| *judge == pid);
            let first: Vec<_> = judges.iter().filter(|(pid, _)| !is_one(parent_of(*pid))).collect();
            let [(judge, _)] = first[..] else { panic!("{judges:?}") };
            kill(Pid::from_raw(*judge), Signal::SIGKILL).expect("kill the judge");
        })
    }

    /// Runs it to its end, and does something meanwhile, given what tells whether the program runs.
    pub(crate) fn run_beside(&self, meanwhile: impl FnOnce(&dyn Fn() -> bool)) -> Seen {
        let place = self.directory.path();
        let scratch = place.join("scratch");
        fs::create_dir_all(&scratch).expect("make a scratch directory");
        let mut command = self.command(&scratch);
        let began = Instant::now();
        let mut child = command.spawn().expect("start the judge");
        meanwhile(&|| !processes_of(&self.program).is_empty());
        let status = child.wait().expect("wait for the judge").code();
        let took = began.elapsed();
        assert_ne!(status, Some(125), "the test itself could not be set up");
        let text = |name: &str| {
            let bytes = fs::read(place.join(name)).unwrap_or_default(); // Killed before: nothing.
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (said, complained) = (text("said"), text("complained"));
        let mut left: Vec<String> = text("left").lines().map(str::to_owned).collect();
        left.extend(in_scratch(&scratch));
        left.extend(living(&self.program));
        let report = serde_json::from_str(&said).unwrap_or_default();
        let status = status.filter(|status| *status < 128); // 128 and a signal's number.
        let seen = Seen { status, took, said, complained, report, left };
        let test = thread::current();
        println!("{}: {}", test.name().unwrap_or_default(), seen.in_short());
        seen
    }
}

/// What the judge has left in its scratch directory.
fn in_scratch(scratch: &Path) -> Vec<String> {
    let left = fs::read_dir(scratch).expect("list the scratch directory");
    left.map(|entry| entry.expect("list the scratch directory").path().display().to_string())
        .collect()
}

/// Processes of the program that are still there after a moment.
fn living(program: &Path) -> Vec<String> {
    let late = Instant::now() + Duration::from_secs(2);
    loop {
        let living = processes_of(program);
        if living.is_empty() || Instant::now() > late {
            return living;
        }
    }
}

/// The command line of each process, and the process's number.
fn command_lines() -> impl Iterator<Item = (i32, String)> {
    let processes = fs::read_dir("/proc").expect("list /proc").flatten();
    processes.filter_map(|process| {
        let number = process.file_name().to_str()?.parse().ok()?;
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default(); // It has ended.
        Some((number, String::from_utf8_lossy(&line).into_owned()))
    })
}

/// A process's parent; 0 if the process has ended.
fn parent_of(pid: i32) -> i32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name, which comes first, may itself hold parentheses.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    fields.split(' ').nth(1).and_then(|parent| parent.parse().ok()).unwrap_or_default()
}

/// The processes that run this program, or were started by its name.
fn processes_of(program: &Path) -> Vec<String> {
    let name = program.to_string_lossy().into_owned();
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").expect("list /proc").flatten() {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default(); // It has ended.
        let runs = fs::read_link(process.path().join("exe")).is_ok_and(|exe| exe == program);
        if runs || String::from_utf8_lossy(&line).starts_with(&format!("{name}\0")) {
            found.push(format!("process {}", process.file_name().to_string_lossy()));
        }
    }
    found
}

impl Seen {
    /// Status, diagnosis and seconds, in one line.
    pub(crate) fn in_short(&self) -> String {
        let diagnosis = self.report["diagnosis"].as_str().unwrap_or("-");
        let points = &self.report["totals"]["points"];
        let complained = self.complained.lines().next().unwrap_or_default();
        let (status, took, left) = (self.status, self.took.as_secs_f64(), &self.left);
        format!(
            "status {status:?}, {diagnosis}, {points} points, {took:.1} s, left {left:?}, {complained}"
        )
    }

    /// All that it says about the program and the machine.
    pub(crate) fn words(&self) -> String {
        format!("{}\n{}", self.said, self.complained)
    }

    /// What the report says of a check, by its id.
    pub(crate) fn check(&self, id: &str) -> &Value {
        let checks = self.report["checks"].as_array().expect("a report");
        checks.iter().find(|check| check["id"] == id).expect("a check of this name")
    }

    /// The state of a check, by its id.
    pub(crate) fn state(&self, id: &str) -> &str {
        self.check(id)["state"].as_str().expect("a state")
    }

    /// Nothing is left behind.
    pub(crate) fn must_be_clean(self) -> Self {
        assert!(self.left.is_empty(), "left behind: {}", self.in_short());
        assert!(!self.complained.contains("have not ended"), "{}", self.in_short());
        self
    }

    /// The program is not solved, before the deadline, and nothing is left.
    pub(crate) fn must_be_refused(self) -> Self {
        assert_eq!(self.status, Some(1), "must be refused: {}", self.in_short());
        assert_eq!(self.report["outcome"], "not-solved", "{}", self.in_short());
        self.must_be_clean()
    }

    /// The program is not solved, and what failed is told in words of which this is one.
    pub(crate) fn must_be_refused_for(self, words: &[&str]) -> Self {
        let seen = self.must_be_refused();
        let all = seen.report["checks"].as_array().expect("a report");
        let failed = all.iter().filter(|check| check["state"] == "failed");
        let told: Vec<String> = failed.map(Value::to_string).collect();
        let named = words.iter().any(|word| told.iter().any(|check| check.contains(word)));
        assert!(named, "nothing of {words:?} is said: {told:?}");
        seen
    }

    /// The program is solved, and nothing is left.
    pub(crate) fn must_be_accepted(self) -> Self {
        assert_eq!(self.status, Some(0), "must be accepted: {}\n{}", self.in_short(), self.said);
        self.must_be_clean()
    }

    /// A right program: it is solved, or the machine cannot judge it. It is never called wrong.
    pub(crate) fn must_not_be_blamed(self) -> Self {
        let honest = matches!(self.status, Some(0 | 3));
        assert!(honest, "a right program must not be blamed: {}\n{}", self.in_short(), self.said);
        self.must_be_clean()
    }

    /// This machine cannot judge, status 3, and the reason has this word.
    pub(crate) fn must_be_the_machines_failure(self, word: &str) -> Self {
        assert_eq!(self.status, Some(3), "the machine fails: {}\n{}", self.in_short(), self.said);
        assert!(self.words().contains(word), "no {word:?} in {}", self.words());
        self.must_be_clean()
    }

    /// The program could not do what it tried, and says so by a right answer; or the report says
    /// that it is not fully contained.
    pub(crate) fn must_be_contained(self) -> Self {
        let weaker = self.report["environment"]["weaker"].as_array();
        let told = weaker.is_some_and(|weaker| !weaker.is_empty());
        assert!(
            self.status == Some(0) || told,
            "not contained: {}\n{}",
            self.in_short(),
            self.said
        );
        self.must_be_clean()
    }

    /// There is a verdict, whichever: the judge was neither killed nor at fault.
    pub(crate) fn must_be_a_verdict(self) -> Self {
        let verdict = matches!(self.status, Some(0 | 1)) && self.report.is_object();
        assert!(verdict, "there must be a verdict: {}", self.in_short());
        self.must_be_clean()
    }
}
