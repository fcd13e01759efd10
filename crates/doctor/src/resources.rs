//! What this process is given: CPUs, memory, and limits.

use std::fs;
use std::path::Path;

use check::control_groups::shown;
use check::exercises::{LARGEST_FILE, SMALLEST_FILE};
use check::machine_memory;
use common::{Failure, Result, allowed_cpus};
use rlimit::{INFINITY, Resource};

use crate::finding::Finding;
use crate::units::size;

/// The CPUs that this process may use, and the part of their time that a control group grants.
pub(crate) fn cpus() -> Finding {
    const NAME: &str = "CPUs";
    match (allowed_cpus(), quota()) {
        (Ok(cpus), quota) => of_cpus(cpus.len(), quota),
        (Err(failure), _) => Finding::unknown(NAME, failure.to_string()).optional(),
    }
}

fn of_cpus(count: usize, quota: Result<Option<f64>>) -> Finding {
    const NAME: &str = "CPUs";
    let number = if count == 1 { "1 CPU".into() } else { format!("{count} CPUs") };
    if count == 1 {
        return with_one_cpu(Finding::limited(NAME, format!("{number} may be used")));
    }
    match quota {
        Ok(Some(quota)) if quota < 2.0 => with_little_time(Finding::limited(
            NAME,
            format!("{number}, with the time of {quota:.1} by a control group"),
        )),
        Ok(Some(quota)) => Finding::fine(NAME, format!("{number}, with the time of {quota:.1}")),
        Ok(None) => Finding::fine(NAME, number),
        Err(failure) => {
            let found = format!("{number}; a control group may limit them: {failure}");
            Finding::unknown(NAME, found).optional()
        }
    }
}

fn with_one_cpu(finding: Finding) -> Finding {
    finding
        .claims(
            2,
            "is not tried",
            &["two_processes_that_store_and_then_load_may_both_load_the_old_value"],
        )
        .claims(
            4,
            "is not tried",
            &["the_copy_of_a_page_that_was_loaded_before_may_hold_half_of_a_concurrent_write"],
        )
        .claims(
            7,
            "is not tried",
            &["with_a_fence_and_membarrier_in_one_process_two_processes_that_store_and_then_load_never_both_load_the_old_value"],
        )
        .concerns("bench-read and bench-ipc: nothing is measured on two CPUs.")
        .advice(
            "Give the virtual machine or the container a second CPU, or run \
             `taskset -cp 0,1 $$` in this shell.",
        )
}

fn with_little_time(finding: Finding) -> Finding {
    finding
        .concerns(
            "Exercises 2 and 5: on a slow machine, a check may say that its time was not enough.",
        )
        .concerns("bench-read and bench-ipc: their times say nothing about the hardware.")
        .advice("Start the container with `--cpus=2` or more.")
}

/// How many CPUs' time the control groups grant: the least of them; `None` if none sets a limit.
fn quota() -> Result<Option<f64>> {
    let groups = shown("cpu")?;
    Ok(groups.iter().filter_map(|group| quota_of(group)).reduce(f64::min))
}

fn quota_of(group: &Path) -> Option<f64> {
    let text = |name: &str| fs::read_to_string(group.join(name)).ok();
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| *number > 0.0);
    if let Some(text) = text("cpu.max") {
        let (quota, period) = text.trim().split_once(' ')?;
        return Some(number(quota)? / number(period)?);
    }
    Some(number(&text("cpu.cfs_quota_us")?)? / number(&text("cpu.cfs_period_us")?)?)
}

/// The memory that is available, and whether a control group leaves less of it than the machine has.
pub(crate) fn memory() -> Finding {
    let looked = machine_memory::of_the_machine().and_then(|all| {
        let groups = shown("memory");
        let left = machine_memory::left_by_control_groups()?;
        Ok((all, left, groups))
    });
    match looked {
        Ok((all, left, groups)) => of_memory(all, left, groups.err()),
        Err(failure) => Finding::unknown("memory", failure.to_string()),
    }
}

fn of_memory(machine: u64, left: Option<u64>, unseen: Option<Failure>) -> Finding {
    const NAME: &str = "memory";
    let available = left.unwrap_or(u64::MAX).min(machine);
    let found = match available < machine {
        true => format!("{} available, by a control group's limit", size(available)),
        false => format!("{} available", size(available)),
    };
    let (whole, smallest) = (2 * LARGEST_FILE, 2 * SMALLEST_FILE);
    if available < smallest {
        return Finding::missing(NAME, found)
            .checks_with_promises(6, &["gigabyte"])
            .concerns("cargo: compiling may fail for want of memory.")
            .advice("End other programs, or give the machine or the container 2 GiB or more.");
    }
    if available < whole {
        return Finding::limited(NAME, found)
            .concerns(
                "Exercise 6: the large file is smaller than a gigabyte, and the report says so.",
            )
            .concerns("cargo: compiling may be slow, or fail for want of memory.")
            .advice("End other programs, or give the machine or the container 2 GiB or more.");
    }
    match unseen {
        None => Finding::fine(NAME, found),
        Some(failure) => {
            let found = format!("{found}; a control group may limit it: {failure}");
            Finding::unknown(NAME, found).optional()
        }
    }
}

/// A limit of processes, and what the course needs of it.
struct Limit {
    name: &'static str,
    resource: Resource,
    needed: u64,
    /// How a shell and `prlimit` name it.
    options: [&'static str; 2],
    /// What fails if it is too low, as seen with files of 1 MB, 2 GB of addresses, 1 GB of data and 64 open files.
    concern: &'static str,
}

const LIMITS: [Limit; 5] = [
    Limit {
        name: "file size",
        resource: Resource::FSIZE,
        needed: INFINITY,
        options: ["-f", "--fsize"],
        concern: "Lessons 1, 3, 4 and 6, exercises 1 and 6: programs, claims and checks fail that make large files.",
    },
    Limit {
        name: "address space",
        resource: Resource::AS,
        needed: INFINITY,
        options: ["-v", "--as"],
        concern: "Lesson 6: its program fails. Lessons 1, 4 and 6: the claims on large mappings fail.",
    },
    Limit {
        name: "data",
        resource: Resource::DATA,
        needed: INFINITY,
        options: ["-d", "--data"],
        concern: "Lessons 1 and 4: claims on large private mappings fail.",
    },
    Limit {
        name: "open files",
        resource: Resource::NOFILE,
        needed: 1024,
        options: ["-n", "--nofile"],
        concern: "Lesson 5: its program fails, and so do claims of lessons 5 and 7.",
    },
    Limit {
        name: "processes",
        resource: Resource::NPROC,
        needed: 256,
        options: ["-u", "--nproc"],
        concern: "Exercises and cargo: programs, threads and compilers may not start.",
    },
];

/// The limits with which this process was started, soft and hard; `None` where the system does not tell.
/// The judge raises its own soft limits later.
pub(crate) struct Limits([Option<(u64, u64)>; LIMITS.len()]);

impl Limits {
    /// Those that this process has now.
    pub(crate) fn of_this_process() -> Self {
        Self(LIMITS.each_ref().map(|limit| limit.resource.get().ok()))
    }

    /// What they forbid.
    pub(crate) fn finding(&self) -> Finding {
        const NAME: &str = "limits";
        let known = || LIMITS.iter().zip(&self.0);
        let low = known().filter_map(|(limit, values)| {
            let (soft, hard) = (*values)?;
            (soft < limit.needed).then_some((limit, soft, hard))
        });
        let low: Vec<_> = low.collect();
        if low.is_empty() {
            let unknown = known().find(|(_, values)| values.is_none());
            return unknown.map_or_else(
                || Finding::fine(NAME, "none is too low"),
                |(limit, _)| Finding::unknown(NAME, format!("getrlimit fails for {}", limit.name)),
            );
        }
        let found = low.iter().map(|(limit, soft, _)| format!("{} {soft}", limit.name));
        let found = format!("too low: {}", found.collect::<Vec<_>>().join(", "));
        low.iter().fold(Finding::missing(NAME, found), |finding, (limit, _, hard)| {
            let [shell, prlimit] = limit.options;
            let value = match limit.needed {
                INFINITY => "unlimited".into(),
                number => number.to_string(),
            };
            finding.concerns(limit.concern).advice(match *hard < limit.needed {
                true => format!(
                    "As root, run `prlimit --pid PID {prlimit}={value}` with your shell's PID."
                ),
                false => format!("Run `ulimit -S {shell} {value}` in this shell."),
            })
        })
    }
}
