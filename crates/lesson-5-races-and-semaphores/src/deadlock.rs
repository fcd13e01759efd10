//! Two processes take two locks in opposite order. For record locks the kernel detects this cycle: the
//! request that would complete it fails with `EDEADLK`. For OFD locks and `flock` it does not look.
//! `cargo lesson-5` shows all three.

use std::path::Path;

use common::{Context, Result, Stage, compare, say, sentence};

use crate::second_process::{self, start_lock_caller, until_waiting_in};

/// The calls that take the first and the second lock.
struct Calls {
    name: &'static str,
    number: libc::c_long,
    first: &'static str,
    second: &'static str,
    detected: bool,
}

const CALLS: [Calls; 3] = [
    Calls {
        name: "record locks",
        number: libc::SYS_fcntl,
        first: "F_SETLKW d F_WRLCK 0 1",
        second: "F_SETLKW d F_WRLCK 1 1",
        detected: true,
    },
    Calls {
        name: "OFD locks",
        number: libc::SYS_fcntl,
        first: "F_OFD_SETLKW d F_WRLCK 0 1",
        second: "F_OFD_SETLKW d F_WRLCK 1 1",
        detected: false,
    },
    Calls {
        name: "flock",
        number: libc::SYS_flock,
        first: "flock d LOCK_EX",
        second: "flock e LOCK_EX",
        detected: false,
    },
];

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let directory = stage.scratch.path();
    CALLS.iter().try_for_each(|calls| show_one(calls, directory))
}

fn show_one(calls: &Calls, directory: &Path) -> Result<()> {
    let start = || {
        let [one, two] = ["one", "two"].map(|name| directory.join(name));
        std::fs::write(&two, "").step_on("create", &two)?;
        std::fs::write(&one, "").step_on("create", &one)?;
        let mut process = start_lock_caller(&one)?;
        second_process::open(&mut process, "e", &two)?;
        Ok(process)
    };
    let (mut a, mut b) = (start()?, start()?);
    sentence(&format!("With {}:", calls.name))?;
    compare("A locks the first: ", a.ask(calls.first)?, "ok")?;
    compare("    B locks the second: ", b.ask(calls.second)?, "ok")?;
    a.tell(calls.second)?;
    until_waiting_in(a.process.id(), calls.number)?;
    say!("   A waits for the second")?;
    b.tell(calls.first)?;
    if calls.detected {
        compare("    B wants the first: ", b.hear()?, "EDEADLK")?;
    } else {
        until_waiting_in(b.process.id(), calls.number)?;
        say!("       B waits for the first: a deadlock")?;
    }
    b.kill()?;
    say!("       B is killed")?;
    compare("A locks the second: ", a.hear()?, "ok")
}
