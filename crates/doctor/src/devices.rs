//! Loop devices and `/dev/shm`.

use std::fs;
use std::path::Path;

use check::disk::on_a_disk;
use common::{Context, Result, Scratch};
use nix::fcntl::{OFlag, posix_fallocate};
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::Mode;
use nix::sys::statvfs::statvfs;
use nix::unistd::geteuid;

use crate::finding::Finding;
use crate::units::size;

/// Whether a disk can be made that loses its power: root makes one.
pub(crate) fn loop_devices(scratch: &Result<Scratch>) -> Finding {
    const NAME: &str = "loop devices";
    if !geteuid().is_root() {
        return Finding::unknown(NAME, "not tried: that needs root, see user").optional();
    }
    let Ok(scratch) = scratch else {
        let why = "not tried: there is no scratch directory";
        return without_a_disk(Finding::unknown(NAME, why).optional());
    };
    let directory = scratch.path().join("disk");
    match on_a_disk(&directory, |_| Ok(())) {
        Ok(()) => Finding::fine(NAME, "an ext4 was made and mounted"),
        Err(failure) => without_a_disk(Finding::limited(NAME, failure.to_string()))
            .advice(advice(&failure.to_string())),
    }
}

fn without_a_disk(finding: Finding) -> Finding {
    finding
        .concerns("Lesson 3: the command power-cut, and the claims of `just prove-all` on a disk.")
        .concerns("Lessons 1, 6 and 7: the claims of `just prove-all` on other file systems.")
        .checks_with_promises(3, &["power-cut", "power-cut-name"])
}

fn advice(failure: &str) -> &'static str {
    if failure.contains("mkfs.ext4") {
        "Install e2fsprogs, which has mkfs.ext4."
    } else {
        "Run `modprobe loop`. In a container: start it with `--privileged`."
    }
}

/// The directory of shared memory objects and named semaphores.
pub(crate) fn shared_memory() -> Finding {
    of_shared_memory(Path::new("/dev/shm"), make_an_object())
}

fn of_shared_memory(path: &Path, made: Result<()>) -> Finding {
    const NAME: &str = "/dev/shm";
    let looked = fs::metadata(path).step_on("stat", path).and_then(|_| {
        let found = statvfs(path).step_on("statvfs", path)?;
        let unit = found.fragment_size();
        Ok((found.blocks() * unit, found.blocks_available() * unit, common::file_system(path)?))
    });
    let (all, free, on) = match looked {
        Ok(looked) => looked,
        Err(failure) => {
            return without_objects(Finding::missing(NAME, failure.to_string()))
                .advice("Run `mount -t tmpfs tmpfs /dev/shm` as root.");
        }
    };
    let found = format!("{on}, {} of {} free", size(free), size(all));
    if let Err(failure) = made {
        return without_objects(Finding::missing(NAME, format!("{found}: {failure}"))).advice(
            "Remove what nobody needs from /dev/shm, or start the container with `--shm-size=1g`.",
        );
    }
    match free < LARGE {
        false => Finding::fine(NAME, found),
        true => Finding::limited(NAME, found)
            .concerns("bench-read: its file of 1 GiB does not fit there, so tmpfs is left out.")
            .concerns("Lesson 6: with LESSON_SCRATCH=/dev/shm, its largest files may not fit.")
            .advice("Start the container with `--shm-size=1g`, or run `mount -o remount,size=1g /dev/shm`."),
    }
}

/// Room for the file that bench-read measures.
const LARGE: u64 = 1 << 30;

fn without_objects(finding: Finding) -> Finding {
    finding
        .concerns("Lesson 2: its program fails, and so do the claims on shared memory objects.")
        .concerns("Lesson 5: its program fails, and so do the claims on named semaphores.")
}

/// Makes a shared memory object of one page, and removes it.
fn make_an_object() -> Result<()> {
    let name = format!("/doctor-{:x}", std::process::id());
    let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_RDWR;
    let object = shm_open(name.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR).step("shm_open")?;
    shm_unlink(name.as_str()).step("shm_unlink")?;
    let bytes = i64::try_from(common::page_size()).map_err(std::io::Error::other).step("count")?;
    posix_fallocate(&object, 0, bytes).step("posix_fallocate")
}
