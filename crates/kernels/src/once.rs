//! Which tests need no file system: each test runs by itself on this machine, and its scratch directory
//! tells whether anything was made or read there. Such a test runs once on each kernel.

use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::SystemTime;

use common::{Context, Result};

use kernels::programs::Program;

/// By program, the tests that pass and leave their scratch directory untouched. A test that needs root
/// is none of them: it is not run here.
///
/// # Errors
/// A directory cannot be made, or a test program cannot be started.
pub(crate) fn untouched(programs: &[Program], directory: &Path) -> Result<Vec<Vec<String>>> {
    let _ = fs::remove_dir_all(directory); // There may be none yet.
    fs::create_dir_all(directory).step_on("create the directory", directory)?;
    let all: Vec<(usize, &String)> = programs
        .iter()
        .enumerate()
        .flat_map(|(number, program)| program.tests.iter().map(move |test| (number, test)))
        .collect();
    let queue = Mutex::new(all.iter().enumerate());
    let work = || -> Result<Vec<usize>> {
        let mut found = Vec::new();
        loop {
            let next = queue.lock().ok().and_then(|mut queue| queue.next());
            let Some((place, (program, test))) = next else { return Ok(found) };
            let scratch = directory.join(place.to_string());
            if is_untouched(&programs[*program], test, &scratch)? {
                found.push(place);
            }
        }
    };
    let cpus = thread::available_parallelism().map_or(1, usize::from);
    let mut found = Vec::new();
    thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..cpus).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            found.extend(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(())
    })?;
    found.sort_unstable();
    let mut once = vec![Vec::new(); programs.len()];
    for place in found {
        let (program, test) = all[place];
        once[program].push(test.clone());
    }
    Ok(once)
}

fn is_untouched(program: &Program, test: &str, scratch: &Path) -> Result<bool> {
    fs::create_dir_all(scratch).step_on("create the directory", scratch)?;
    let opened = File::open(scratch).step_on("open", scratch)?;
    let long_ago = SystemTime::UNIX_EPOCH;
    let times = FileTimes::new().set_accessed(long_ago).set_modified(long_ago);
    opened.set_times(times).step_on("set the times of", scratch)?;
    let output = Command::new(&program.executable)
        .args(["--format", "pretty", "--exact", test])
        .current_dir(&program.directory)
        .env("LESSON_SCRATCH", scratch)
        .stdin(Stdio::null())
        .output()
        .step_on("start", &program.executable)?;
    let now = opened.metadata().step_on("stat", scratch)?;
    let is = |time: std::io::Result<SystemTime>| time.is_ok_and(|time| time == long_ago);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let passed = output.status.success() && text.contains("test result: ok. 1 passed");
    let left_out = String::from_utf8_lossy(&output.stderr).contains("NOT RUN: ");
    let _ = fs::remove_dir_all(scratch); // A test may have left a mount or files of another user.
    Ok(passed && !left_out && is(now.modified()) && is(now.accessed()))
}
