//! The ground: kernel, architecture, page size, and the file systems of the checkout and of the scratch.

use std::fs;
use std::path::{Path, PathBuf};

use check::disk::has_disk;
use common::{Context, Result, Scratch};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::sys::utsname::uname;
use procfs::process::Process;

use crate::finding::Finding;
use crate::units::size;

/// The kernel's version: the first two numbers of its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32);

impl Version {
    /// The running kernel's; `None` if it does not say it in the usual way.
    pub(crate) fn running() -> Option<Self> {
        Self::of(&release()?)
    }

    fn of(release: &str) -> Option<Self> {
        let mut numbers = release.split(|letter: char| !letter.is_ascii_digit()).map(str::parse);
        Some(Self(numbers.next()?.ok()?, numbers.next()?.ok()?))
    }
}

fn release() -> Option<String> {
    Some(uname().ok()?.release().to_string_lossy().into_owned())
}

/// The oldest kernel on which the claims were tested.
const OLDEST: Version = Version(5, 10);
/// `close_range` with `CLOSE_RANGE_CLOEXEC`, without which no program is launched.
const CLOSE_RANGE: Version = Version(5, 11);
/// `MADV_POPULATE_READ`, by which the judge looks at pages.
const POPULATE: Version = Version(5, 14);

/// The kernel's version.
pub(crate) fn kernel() -> Finding {
    let Some(release) = release() else {
        return Finding::unknown("kernel", "uname does not say it");
    };
    of_release(&release)
}

fn of_release(release: &str) -> Finding {
    let found = format!("Linux {release}");
    let Some(version) = Version::of(release) else {
        return Finding::unknown("kernel", format!("{found}: no version can be read from it"));
    };
    if version >= POPULATE {
        return Finding::fine("kernel", found);
    }
    let mut finding = Finding::missing("kernel", found);
    if version < OLDEST {
        finding =
            finding.concerns("All lessons: they were not tested on a kernel before Linux 5.10.");
    }
    finding = match version < CLOSE_RANGE {
        true => finding.concerns(
            "Exercises 1 to 6 cannot be judged: the judge needs close_range, as of Linux 5.11.",
        ),
        false => finding.concerns(
            "Exercises 3 and 6 cannot be judged: the judge needs MADV_POPULATE_READ, as of Linux \
             5.14.",
        ),
    };
    finding.advice("Boot Linux 5.14 or newer, or work in a virtual machine that has such a kernel.")
}

/// The processor's architecture.
pub(crate) fn architecture() -> Finding {
    of_architecture(std::env::consts::ARCH, tracer::arch::TRAPS_STORES)
}

fn of_architecture(name: &str, traps_stores: bool) -> Finding {
    if traps_stores {
        return Finding::fine("architecture", name);
    }
    Finding::missing("architecture", format!("{name}: the judge cannot stop a program at a store"))
        .concerns("Exercise 2: races are looked for at many moments only, and one may be missed.")
        .concerns("Exercise 5 gets no grade: two checks of its core cannot be made.")
        .checks(5, &["kills", "waiting"])
        .advice("Judge exercises 2 and 5 on an x86-64 machine.")
}

/// How large a page is.
pub(crate) fn page_size() -> Finding {
    of_page_size(common::page_size())
}

fn of_page_size(bytes: usize) -> Finding {
    const TESTED: usize = 4 << 10; // Not the size of a page here, but of those that were tested.
    let found = format!("{bytes} bytes");
    match bytes == TESTED {
        true => Finding::fine("page size", found),
        false => Finding::limited("page size", found)
            .concerns("All lessons: they were tested with pages of 4096 bytes only.")
            .advice("Expect other numbers of bytes and pages than the texts show."),
    }
}

/// Where the course is, and whether there is room to build it.
pub(crate) fn checkout() -> Finding {
    const NAME: &str = "checkout";
    /// What `cargo test` builds, and a little more.
    const BUILT: u64 = 8 << 30;
    let looked = common::root().and_then(|root| Ok((on(&root)?, free(&root)?, root)));
    let (on, free, root) = match looked {
        Ok(looked) => looked,
        Err(failure) => {
            return Finding::unknown(NAME, failure.to_string())
                .concerns("All commands: cargo finds the course only in its directory.")
                .advice("Run the command in the directory of the course.");
        }
    };
    let found = format!("{on}, {} free, at {}", size(free), root.display());
    // What is built already needs no more room.
    match free >= BUILT || root.join("target/debug/deps").is_dir() {
        true => Finding::fine(NAME, found),
        false => Finding::limited(NAME, found)
            .concerns("cargo test: all programs and tests take about 6 GiB.")
            .advice("Make room, or set CARGO_TARGET_DIR to a directory with 8 GiB free."),
    }
}

/// Where the programs make their files.
pub(crate) fn scratch(scratch: &Result<Scratch>) -> Finding {
    const NAME: &str = "scratch";
    let scratch = match scratch {
        Ok(scratch) => scratch.path(),
        Err(failure) => {
            return Finding::missing(NAME, failure.to_string())
                .concerns("All lessons and exercises: each program makes its files there.")
                .advice("Set LESSON_SCRATCH to a directory that you may write to.");
        }
    };
    let looked = on(scratch).and_then(|on| Ok((on, free(scratch)?, is_noexec(scratch)?)));
    let (on, free, is_noexec) = match looked {
        Ok(looked) => looked,
        Err(failure) => return Finding::unknown(NAME, failure.to_string()),
    };
    let base = scratch.parent().unwrap_or(scratch);
    let found = format!("{on}, {} free, at {}", size(free), base.display());
    if is_noexec {
        return Finding::missing(NAME, format!("{found}, mounted noexec"))
            .concerns(
                "Exercises: no source file can be judged, because its program is built there.",
            )
            .concerns("Lessons 1 and 4: the claims fail that run a program from a file there.")
            .advice("Set LESSON_SCRATCH to a directory on a disk without the option noexec.");
    }
    with_room(with_disk(NAME, &on, found, has_disk(scratch)), free)
}

fn with_room(finding: Finding, free: u64) -> Finding {
    /// With 64 MiB the largest files of the lessons did not fit, with 128 MiB they did.
    const NEEDED: u64 = 128 << 20;
    if free >= NEEDED {
        return finding;
    }
    finding
        .turned_missing()
        .concerns("Lesson 6: its program and claims fail, because their files do not fit.")
        .advice("Make room there: 128 MiB or more.")
}

fn with_disk(name: &'static str, file_system: &str, found: String, disk: Result<bool>) -> Finding {
    let elsewhere = "Set LESSON_SCRATCH to a directory on an ext4, xfs or btrfs.";
    let tested = ["ext4", "xfs", "btrfs", "tmpfs", "ramfs", "overlayfs"];
    match disk {
        Err(failure) => Finding::unknown(name, format!("{found}: {failure}"))
            .concerns("Lesson 3 and exercise 3: whether a flush reaches a disk cannot be seen.")
            .advice(elsewhere),
        Ok(false) => Finding::missing(name, format!("{found}: no disk below it"))
            .concerns("Exercise 3 cannot be judged: no flush makes a page clean.")
            .checks(3, &["disk"])
            .concerns(
                "Lessons 3 and 6 show less: no page gets clean, and none is read from a disk.",
            )
            .advice(elsewhere),
        Ok(true) if file_system == "overlayfs" => Finding::limited(name, found)
            .concerns("Lesson 3: on overlayfs, cachestat counts no dirty page, only smaps does.")
            .advice(elsewhere),
        Ok(true) if !tested.contains(&file_system) => Finding::limited(name, found)
            .concerns("All lessons: they were not tested on this file system.")
            .advice(elsewhere),
        Ok(true) => Finding::fine(name, found),
    }
}

/// The name of the file system at `path`: of one that the course was not tested on, the kernel's name.
fn on(path: &Path) -> Result<String> {
    const OTHER: &str = "another file system";
    let name = common::file_system(path)?;
    Ok(match name {
        OTHER => mounted(path).unwrap_or_else(|| OTHER.into()),
        name => name.into(),
    })
}

/// What the table of mounts says of the mount that `path` is on.
fn mounted(path: &Path) -> Option<String> {
    let path: PathBuf = fs::canonicalize(path).ok()?;
    let mounts = Process::myself().ok()?.mountinfo().ok()?;
    let above = mounts.0.into_iter().filter(|mount| path.starts_with(&mount.mount_point));
    let nearest = above.max_by_key(|mount| mount.mount_point.components().count());
    nearest.map(|mount| mount.fs_type)
}

fn free(path: &Path) -> Result<u64> {
    let found = statvfs(path).step_on("statvfs", path)?;
    Ok(found.blocks_available() * found.fragment_size())
}

fn is_noexec(path: &Path) -> Result<bool> {
    let flags = statvfs(path).step_on("statvfs", path)?.flags();
    Ok(flags.contains(FsFlags::ST_NOEXEC))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::State;

    #[test]
    fn a_kernel_is_judged_by_what_the_course_needs_of_it() {
        let state = |release| of_release(release).state;
        assert_eq!(state("6.18.5-arch1"), State::Fine);
        assert_eq!(state("5.14.0"), State::Fine);
        assert_eq!(state("5.13.19-generic"), State::Missing);
        assert_eq!(state("unnumbered"), State::Unknown);
        let judged = of_release("5.10.0").concerns.join(" ");
        assert!(judged.contains("Exercises 1 to 6") && !judged.contains("All lessons"), "{judged}");
        assert!(of_release("4.4.0").concerns.join(" ").contains("All lessons"));
    }

    #[test]
    fn another_architecture_and_another_page_size_are_not_fine() {
        assert_eq!(of_architecture("aarch64", false).state, State::Missing);
        assert_eq!(of_page_size(16 << 10).state, State::Limited);
        assert_eq!(of_page_size(4 << 10).state, State::Fine);
    }

    #[test]
    fn a_scratch_is_judged_by_its_file_system_and_by_its_disk() {
        let state = |system, disk| with_disk("scratch", system, String::new(), disk).state;
        assert_eq!(state("ext4", Ok(true)), State::Fine);
        assert_eq!(state("tmpfs", Ok(false)), State::Missing);
        assert_eq!(state("overlayfs", Ok(true)), State::Limited);
        assert_eq!(state("9p", Ok(true)), State::Limited);
        let refused = Err(std::io::Error::from_raw_os_error(libc::EINVAL)).step("mmap");
        assert_eq!(state("9p", refused), State::Unknown);
    }
}
