//! Runs the command on a machine that lacks something, and reads its JSON.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use common::Scratch;
use course::{Program, scratch};
use serde_json::Value;

const DOCTOR: &str = env!("CARGO_BIN_EXE_doctor");

/// A call of the command, and what is around it.
pub(crate) struct Crippled {
    /// Commands that start the command: the first one starts the next.
    around: Vec<OsString>,
    /// An ordinary user calls it.
    ordinary: bool,
    path: Option<PathBuf>,
    /// Where its scratch is.
    base: Option<PathBuf>,
    /// Where it is called.
    within: Option<PathBuf>,
    /// Of the test.
    own: Scratch,
}

impl Crippled {
    /// Nothing is taken away yet.
    pub(crate) fn new() -> Self {
        let (around, ordinary) = (Vec::new(), false);
        Self { around, ordinary, path: None, base: None, within: None, own: scratch() }
    }

    /// It is started by these words.
    pub(crate) fn under<S: Into<OsString> + Clone>(mut self, words: &[S]) -> Self {
        self.around.extend(words.iter().cloned().map(Into::into));
        self
    }

    /// A seccomp filter answers these calls, separated by commas, with this errno.
    pub(crate) fn refused(self, errno: i32, calls: &str) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../check/proof/attacks/refuse.c");
        let program = self.own.path().join("refuse");
        let mut compiler = Command::new("cc");
        let made = compiler.arg("-o").arg(&program).arg(&source).status().expect("run cc");
        assert!(made.success(), "{source:?} compiles");
        self.under(&[program.into_os_string(), errno.to_string().into(), calls.into()])
    }

    /// Files in `/proc` of this name are not there.
    pub(crate) fn without_proc_file(self, name: &str) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../check/proof/attacks/hide.c");
        let library = self.own.path().join("hide");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source);
        assert!(compiler.status().expect("run cc").success(), "{source:?} compiles");
        self.under(&[
            "env".into(),
            format!("LD_PRELOAD={}", library.display()),
            format!("HIDDEN={name}"),
        ])
    }

    /// If the test is root, the command runs as an ordinary user.
    pub(crate) fn ordinary(mut self) -> Self {
        self.ordinary = true;
        self
    }

    /// It looks for programs only there.
    pub(crate) fn with_path(mut self, path: &Path) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Its scratch is there.
    pub(crate) fn scratch_at(mut self, base: &Path) -> Self {
        self.base = Some(base.into());
        self
    }

    /// What is around it is started there.
    pub(crate) fn within(mut self, directory: &Path) -> Self {
        self.within = Some(directory.into());
        self
    }

    /// Runs it to its end.
    pub(crate) fn examine(self) -> Seen {
        let base = self.base.clone().unwrap_or_else(|| {
            let base = self.own.path().join("base");
            fs::create_dir(&base).expect("make a directory");
            if self.ordinary && course::is_root() {
                let nobody = Some(65534.into());
                let group = Some(65534.into());
                nix::unistd::chown(&base, nobody, group).expect("chown");
            }
            base
        });
        // The scratch of a test is closed to others. What is below is opened to an ordinary user.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(self.own.path(), open).expect("chmod");
        let mut words = self.around.clone();
        words.extend([DOCTOR, "--format", "json"].map(OsString::from));
        // It is found in any PATH, and `cargo test` names the compilers by variables that PATH cannot change.
        let start = ["env", "-u", "CARGO", "-u", "RUSTC"].map(OsString::from).into_iter();
        let path =
            self.path.map(|path| [OsString::from("PATH="), path.into()].into_iter().collect());
        let around = words.len() - 3;
        let mut all: Vec<OsString> = words.drain(..around).collect();
        all.extend(start.chain(path));
        all.extend(words);
        let program = all.remove(0);
        let mut call = Program::new(&program.to_string_lossy(), all);
        call = call.env("LESSON_SCRATCH", &base);
        call = call
            .in_directory(self.within.as_deref().unwrap_or(Path::new(env!("CARGO_MANIFEST_DIR"))));
        if self.ordinary {
            call = call.as_ordinary_user();
        }
        let ended = call.run();
        let json = serde_json::from_str(&ended.stdout);
        let document: Value = json.unwrap_or_else(|error| panic!("{error}: {ended:?}"));
        Seen { status: ended.code, document }
    }
}

/// What the command said.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Its exit status.
    pub(crate) status: Option<i32>,
    document: Value,
}

impl Seen {
    /// What it found of a thing.
    pub(crate) fn finding(&self, name: &str) -> Found<'_> {
        let findings = self.document["findings"].as_array().expect("findings");
        let found = findings.iter().find(|finding| finding["name"] == name);
        Found(found.unwrap_or_else(|| panic!("no {name} in {:#}", self.document)))
    }

    /// The same of a thing that lessons or checks lack: the exit status says so, too.
    pub(crate) fn must_lack(&self, name: &str) -> Found<'_> {
        assert!(self.lacks().contains(name), "{name} is not lacking: {:#}", self.document);
        assert_eq!(self.status, Some(3), "{:#}", self.document);
        self.finding(name)
    }

    fn lacks(&self) -> BTreeSet<String> {
        let findings = self.document["findings"].as_array().expect("findings").iter();
        let lacking = findings.filter(|found| found["lacking"] == true);
        let names: BTreeSet<String> =
            lacking.filter_map(|found| found["name"].as_str()).map(Into::into).collect();
        assert_eq!(self.document["lacking"], !names.is_empty());
        assert_eq!(self.status, Some(if names.is_empty() { 0 } else { 3 }));
        names
    }

    /// What it lacks that this machine does not lack anyway.
    pub(crate) fn lacks_more_than_usual(&self) -> Vec<String> {
        static USUAL: OnceLock<BTreeSet<String>> = OnceLock::new();
        let usual = USUAL.get_or_init(|| Crippled::new().examine().lacks());
        self.lacks().difference(usual).cloned().collect()
    }
}

/// What it found of one thing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a>(&'a Value);

impl Found<'_> {
    /// It is in this state.
    pub(crate) fn is(self, state: &str) -> Self {
        assert_eq!(self.0["state"], state, "{:#}", self.0);
        self
    }

    /// Its state.
    pub(crate) fn state(&self) -> &str {
        self.0["state"].as_str().expect("a state")
    }

    /// What was found, what follows or what to do has these words.
    pub(crate) fn tells(self, words: &str) -> Self {
        assert!(self.says(words), "no {words:?} in {:#}", self.0);
        self
    }

    /// Whether it has.
    pub(crate) fn says(self, words: &str) -> bool {
        let sentences = ["concerns", "advice"].map(|list| self.0[list].as_array().expect("a list"));
        let sentences = sentences.into_iter().flatten().chain([&self.0["found"]]);
        let told: Vec<_> = sentences.filter_map(Value::as_str).collect();
        told.join(" ").contains(words)
    }

    /// Whether a list names this.
    pub(crate) fn lists(self, list: &str, item: &str) -> bool {
        self.0[list].as_array().is_some_and(|items| items.iter().any(|other| other == item))
    }

    /// Whether a list names anything.
    pub(crate) fn lists_any(self, list: &str) -> bool {
        self.0[list].as_array().is_some_and(|items| !items.is_empty())
    }
}

/// Words that run these commands of a shell in a mount namespace of its own, and then what follows.
pub(crate) fn in_own_mounts(commands: &str) -> Vec<OsString> {
    let script = format!("set -e\n{commands}\nexec \"$@\"");
    ["unshare", "--mount", "--propagation", "private", "sh", "-c", &script, "sh"]
        .map(OsString::from)
        .into()
}

/// A control group with limits. Dropped, it is removed.
pub(crate) struct Group(PathBuf);

impl Group {
    /// With the first of the limits that it has: version 1 names them in another way than version 2.
    /// `None` if this machine lets nobody make such a group.
    pub(crate) fn new(controller: &str, limits: &[(&str, &str)]) -> Option<Self> {
        let bases = [Path::new("/sys/fs/cgroup").join(controller), "/sys/fs/cgroup".into()];
        let base = bases.into_iter().find(|base| base.join("cgroup.procs").exists())?;
        let group = Self(base.join(format!("doctor-{}", std::process::id())));
        fs::create_dir(&group.0).ok()?;
        let set = |(name, limit): &(&str, &str)| {
            let file = group.0.join(name);
            file.exists() && fs::write(&file, limit).is_ok()
        };
        limits.iter().any(set).then_some(())?;
        Some(group)
    }

    /// Words that run what follows in the group.
    pub(crate) fn enter(&self) -> Vec<OsString> {
        let script = "echo $$ > \"$0\"/cgroup.procs && exec \"$@\"";
        let words = ["sh", "-c", script].map(OsString::from).into_iter();
        words.chain([self.0.clone().into_os_string()]).collect()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0); // Refused: the assertions have failed before.
    }
}
