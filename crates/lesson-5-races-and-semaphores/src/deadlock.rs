//! Two processes, two locks, opposite order. The kernel looks for the cycle among record locks and
//! refuses the one that would close it (`EDEADLK`); among OFD locks and flocks it does not look.
//! `cargo lesson-5` shows all three.

use std::path::Path;

use common::{Context, Result, Stage, say};

use crate::second_process::SecondProcess;

/// How a process takes the first and the second lock and gives the second back.
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
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let directory = stage.scratch.path();
    CALLS.iter().try_for_each(|calls| show_one(calls, directory))
}

fn show_one(calls: &Calls, directory: &Path) -> Result<()> {
    let start = || {
        let [one, two] = ["one", "two"].map(|name| directory.join(name));
        std::fs::write(&two, "").step_on("create", &two)?;
        std::fs::write(&one, "").step_on("create", &one)?;
        let mut process = SecondProcess::start(&one)?;
        process.open("e", &two)?;
        Ok(process)
    };
    let (mut a, mut b) = (start()?, start()?);
    say!("   {}: A takes the first: {} (expected ok)", calls.name, a.ask(calls.first)?)?;
    say!("       B takes the second: {} (expected ok)", b.ask(calls.second)?)?;
    a.tell(calls.second)?;
    a.until_waiting_in(calls.number)?;
    say!("   A waits for the second")?;
    b.tell(calls.first)?;
    if calls.detected {
        say!("       B wants the first: {} (expected EDEADLK)", b.hear()?)?;
    } else {
        b.until_waiting_in(calls.number)?;
        say!("       B waits for the first, and nobody will ever tell them: B is killed")?;
    }
    b.kill()?;
    say!("   A has both once B is gone: {} (expected ok)", a.hear()?)
}
