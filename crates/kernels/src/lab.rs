//! The machines of a run: each kernel in its own, two at a time.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use common::{Context, Failure, Result, say};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use kernels::code_hashes::CodeHashes;
use kernels::outcome::{self, Output};
use kernels::programs::Program;
use kernels::record::{End, Ends, Run};

use crate::initramfs;
use crate::machine::{Accelerator, CODE_HASHES, Event, Job, Machine};
use crate::packages::Packages;

/// The most time between the ends of two test programs. The guest ends each after twenty minutes.
const PROGRAM: Duration = Duration::from_mins(24);
/// How many machines run at the same time: while the tests of one wait, those of the other work.
const AT_A_TIME: usize = 2;

/// All that the machines have in common.
pub(crate) struct Lab {
    /// One thread at a time: apt writes its own files.
    pub(crate) packages: Mutex<Packages>,
    pub(crate) busybox: PathBuf,
    pub(crate) programs: Vec<Program>,
    /// The hashes of their tests.
    pub(crate) hashes: CodeHashes,
    pub(crate) file_systems: Vec<&'static str>,
    pub(crate) machines: PathBuf,
    pub(crate) accelerator: Mutex<Accelerator>,
    /// Start no machine, and read what the last ones left.
    pub(crate) reread: bool,
    pub(crate) bars: MultiProgress,
}

/// What was seen on one kernel.
pub(crate) struct Seen {
    /// The version of Debian's package: `6.1.192-3`.
    pub(crate) version: String,
    /// What ran its instructions.
    pub(crate) accelerator: Accelerator,
    /// When the machine was started.
    pub(crate) began: SystemTime,
    /// The hashes of the tests that ran.
    pub(crate) hashes: CodeHashes,
    /// How the tests ended in each run, or why there was no run.
    pub(crate) runs: Vec<(Run, std::result::Result<Ends, String>)>,
    /// Why the machine ended before its work was done. What it did before counts.
    pub(crate) unfinished: Option<Failure>,
}

impl Seen {
    /// The runs, each with how its tests ended.
    pub(crate) fn ran(&self) -> impl Iterator<Item = (&Run, &Ends)> {
        self.runs.iter().filter_map(|(run, ends)| Some((run, ends.as_ref().ok()?)))
    }

    /// The runs in which nothing could run, with the reason.
    pub(crate) fn refused(&self) -> impl Iterator<Item = (&Run, &str)> {
        self.runs.iter().filter_map(|(run, ends)| Some((run, ends.as_ref().err()?.as_str())))
    }
}

impl Lab {
    /// Runs the tests on each kernel. The results come back in the order asked for. A kernel that cannot
    /// be run takes nothing from the others.
    pub(crate) fn run(&self, wanted: &[String]) -> Vec<Result<Seen>> {
        let queue = Mutex::new(wanted.iter().enumerate().collect::<VecDeque<_>>());
        let results = Mutex::new(Vec::new());
        let work = || {
            loop {
                let next = locked(&queue).pop_front();
                let Some((place, version)) = next else { return };
                let bar = self.bars.add(spinner());
                let result = self.run_one(version, &bar);
                bar.finish_and_clear();
                locked(&results).push((place, result));
            }
        };
        thread::scope(|scope| {
            for _ in 0..AT_A_TIME {
                scope.spawn(work);
            }
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn run_one(&self, wanted: &str, bar: &ProgressBar) -> Result<Seen> {
        let packages = locked(&self.packages);
        let version = packages.kernel(wanted)?;
        bar.set_message(format!("{version}: unpacking"));
        let files = packages.unpack_kernel(&version)?;
        drop(packages);
        let here = self.machines.join(&version);
        fs::create_dir_all(&here).step_on("create the directory", &here)?;
        let unfinished = match self.reread {
            true if here.join("results/done").exists() => None,
            true => {
                let sentence = "the machine did not come to its end; what it did before counts";
                Some(Failure::refusal("read all results of", &here, sentence))
            }
            false => self.work(&version, &files, &here, bar)?.err(),
        };
        let results = here.join("results");
        let accelerator = Accelerator::of(&results)?;
        let settings = results.join("settings"); // Written just before a machine starts.
        let began = fs::metadata(&settings).and_then(|settings| settings.modified());
        let began = began.step_on("stat", &settings)?;
        let read = |system: &&str| -> Result<_> {
            let ends = self.read(&results, system, accelerator)?;
            Ok((Run::new(&version, system), ends.and_then(some)))
        };
        let runs = self.file_systems.iter().map(read).collect::<Result<_>>()?;
        let hashes = CodeHashes::read(&results.join(CODE_HASHES))?;
        Ok(Seen { version, accelerator, began, hashes, runs, unfinished })
    }

    /// Starts the machine and waits for its end. The inner result is a machine that booted and ended
    /// before its work was done.
    fn work(
        &self,
        version: &str,
        files: &Path,
        here: &Path,
        bar: &ProgressBar,
    ) -> Result<Result<()>> {
        let initramfs = here.join("initramfs");
        initramfs::pack(files, &self.busybox, &here.join("initramfs.d"), &initramfs)?;
        let job = Job {
            kernel: &image(files)?,
            initramfs: &initramfs,
            file_systems: &self.file_systems,
            programs: &self.programs,
            hashes: &self.hashes,
            directory: here,
        };
        bar.set_message(format!("{version}: booting"));
        let mut machine = self.boot(&job)?;
        let end = self.watch(&mut machine, version, bar);
        drop(machine);
        let _ = fs::remove_file(here.join("disk")); // It is large, and the next run makes its own.
        Ok(end)
    }

    /// Boots the machine with KVM if that works. In some virtual machines /dev/kvm exists, and a guest
    /// ends at once, or needs minutes for its first line.
    fn boot(&self, job: &Job) -> Result<Machine> {
        let mut accelerator = *locked(&self.accelerator);
        let mut machine = Machine::start(job, accelerator)?;
        if let Err(failure) = machine.next(accelerator.boot_limit()) {
            if accelerator == Accelerator::Emulation {
                return Err(failure);
            }
            drop(machine);
            accelerator = Accelerator::Emulation;
            *locked(&self.accelerator) = accelerator;
            machine = Machine::start(job, accelerator)?;
            machine.next(accelerator.boot_limit())?;
        }
        Ok(machine)
    }

    /// Watches a machine until it ends, and shows how far it is.
    fn watch(&self, machine: &mut Machine, version: &str, bar: &ProgressBar) -> Result<()> {
        let began = Instant::now();
        let (each, mut finished) = (self.programs.len(), 0);
        let all = each * self.file_systems.len();
        while machine.next(PROGRAM)? == Event::Finished {
            finished += 1;
            let seconds = began.elapsed().as_secs();
            let message = format!("{version}: {finished} of {all} test programs, {seconds} s");
            if bar.is_hidden() && finished % each == 0 {
                say!("{message}")?;
            }
            bar.set_message(message);
        }
        Ok(())
    }

    /// Reads what a machine wrote for one file system; the reason if it could run nothing there. A test
    /// program that the machine did not come to has no end.
    fn read(
        &self,
        results: &Path,
        system: &str,
        accelerator: Accelerator,
    ) -> Result<std::result::Result<Ends, String>> {
        let lossy = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let text = |name: &str| fs::read(results.join(name)).map(lossy);
        if results.join(system).join("cannot").exists() {
            let said = text(&format!("{system}/prepare")).unwrap_or_default();
            return Ok(Err(said.lines().last().unwrap_or("it cannot be mounted").into()));
        }
        let mut all = Ends::new();
        let list = text("programs").step_on("read", &results.join("programs"))?;
        for line in list.lines() {
            let (number, path) = line.split_once(' ').unwrap_or_default();
            let is_it = |program: &&Program| path.ends_with(&*program.executable.to_string_lossy());
            let Some(program) = self.programs.iter().find(is_it) else { continue };
            let Ok(stdout) = text(&format!("{system}/{number}.out")) else { continue };
            let optional = |kind| text(&format!("{system}/{number}.{kind}")).unwrap_or_default();
            let (stderr, status) = (optional("errors"), optional("status"));
            let output = Output { stdout: &stdout, stderr: &stderr, status: status.trim() };
            let asked = text(&format!("{number}.tests")).step_on("read", results)?;
            let asked: Vec<_> = asked.lines().map(String::from).collect();
            all.extend(outcome::ends(program, &asked, output));
            all.extend(program.tests.iter().filter_map(|test| {
                let why = accelerator.left_out(test)?;
                Some((program.key(test), End::LeftOut(why.into())))
            }));
        }
        Ok(Ok(all))
    }
}

/// A spinner on a terminal; hidden elsewhere.
pub(crate) fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The kernel's image: below `boot`, and in newer packages beside its modules.
fn image(files: &Path) -> Result<PathBuf> {
    let entries = |directory: PathBuf| fs::read_dir(directory).into_iter().flatten().flatten();
    let mut directories = vec![files.join("boot")];
    for modules in ["usr/lib/modules", "lib/modules"] {
        directories.extend(entries(files.join(modules)).map(|entry| entry.path()));
    }
    let is_image = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz"))
    };
    let files_of = |directory| entries(directory).map(|entry| entry.path());
    let image = directories.into_iter().flat_map(files_of).find(is_image);
    image.ok_or_else(|| Failure::refusal("find the kernel in", files, "there is no vmlinuz"))
}

/// The results, or why there are none: those of other programs, such as another checkout's, say nothing
/// about these.
fn some(ends: Ends) -> std::result::Result<Ends, String> {
    match ends.is_empty() {
        true => Err("there is no result of any of these test programs".into()),
        false => Ok(ends),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::End;

    #[test]
    fn a_machine_without_a_result_is_no_machine_on_which_all_passed() {
        assert!(some(Ends::new()).is_err());
        assert!(some(Ends::from([("x: a".into(), End::Passed)])).is_ok());
    }
}
