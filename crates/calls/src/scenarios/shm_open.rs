//! Scenarios of `shm_open`. The first line of standard input is the name of an object.

use std::fs::File;
use std::io::{self, BufRead};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use common::{Context, Result};
use lesson_5_races_and_semaphores::sys::{OnParentDeath, exit_status, fork};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, getegid, geteuid, setegid};

use super::Scenarios;

pub(super) const SCENARIOS: Scenarios = &[
    ("lowest-descriptor", lowest_descriptor),
    ("effective-group", effective_group),
    ("one-makes-the-object", one_makes_the_object),
];

const NEW: OFlag = OFlag::O_RDWR.union(OFlag::O_CREAT).union(OFlag::O_EXCL);
const OWNER: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

fn name() -> Result<String> {
    let mut name = String::new();
    io::stdin().lock().read_line(&mut name).step("read the name")?;
    Ok(name.trim_end().to_owned())
}

fn lowest_descriptor() -> Result<()> {
    let name = name()?;
    let path = Path::new("/proc/self/stat");
    let open = || File::open(path).step_on("open", path);
    let (_first, second, _third) = (open()?, open()?, open()?);
    println!("free {}", second.as_raw_fd());
    drop(second);
    let object = shm_open(name.as_str(), NEW, OWNER).step("shm_open")?;
    println!("given {}", object.as_raw_fd());
    shm_unlink(name.as_str()).step("shm_unlink")
}

fn effective_group() -> Result<()> {
    let name = name()?;
    if geteuid().is_root() {
        setegid(Gid::from_raw(12345)).step("setegid")?;
    }
    let object = File::from(shm_open(name.as_str(), NEW, OWNER).step("shm_open")?);
    println!("effective {}", getegid());
    println!("real {}", nix::unistd::getgid());
    println!("object {}", object.metadata().step("fstat")?.gid());
    shm_unlink(name.as_str()).step("shm_unlink")
}

/// Four processes try to make each of a hundred objects at the same time.
fn one_makes_the_object() -> Result<()> {
    const OBJECTS: i32 = 100;
    let name = name()?;
    let (start, hold) = nix::unistd::pipe().step("pipe")?;
    let make = |number: i32| match shm_open(format!("{name}-{number}").as_str(), NEW, OWNER) {
        Ok(_) => Some(true),
        Err(Errno::EEXIST) => Some(false),
        Err(_) => None,
    };
    let mut children = Vec::new();
    for _ in 0..4 {
        let parents_end = hold.as_raw_fd();
        let child = fork(OnParentDeath::Die, || {
            let _ = nix::unistd::close(parents_end); // If it fails, the child waits until it is killed.
            let _ = nix::unistd::read(&start, &mut [0]); // All start when the parent closes its end.
            let made = (0..OBJECTS)
                .try_fold(0, |made, number| make(number).map(|maker| made + i32::from(maker)));
            made.unwrap_or(255)
        });
        children.push(child.step("fork")?);
    }
    drop(hold);
    let mut made = Vec::new();
    for child in children {
        made.push(exit_status(child).step("wait")?);
    }
    println!("objects {OBJECTS}");
    println!("made {}", made.iter().sum::<i32>());
    (0..OBJECTS)
        .try_for_each(|number| shm_unlink(format!("{name}-{number}").as_str()).step("shm_unlink"))
}
