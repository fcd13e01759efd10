//! What the kernel lets a process do here: each call is tried, because a container refuses calls that the
//! kernel has.

use std::fs::{self, File};
use std::io;

use check::machine::{may_look_at_programs, refusal_of_tracing};
use common::{Context, Result, Scratch, errno_name};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::geteuid;
use page_view::cache_counts;
use sandbox::{Isolation, ask_for_landlock};
use tracer::ProcFile;

use crate::finding::{Finding, State};
use crate::ground::Version;
use crate::trial;

/// Whether the judge may trace programs: it traces one.
pub(crate) fn ptrace(scratch: &Result<Scratch>) -> Finding {
    const NAME: &str = "ptrace";
    if let Err(failure) = may_look_at_programs() {
        return without_ptrace(Finding::missing(NAME, failure.to_string())).advice(
            "Run the judge as an ordinary user, or start the container with `--cap-add SYS_PTRACE`.",
        );
    }
    let tried = match scratch {
        Ok(scratch) => refusal_of_tracing(scratch),
        Err(_) => {
            return Finding::unknown(NAME, "not tried: there is no scratch directory")
                .concerns("Exercises 1 to 6: no program can be started in a sandbox.");
        }
    };
    match tried {
        Ok(None) => Finding::fine(NAME, "a program in the sandbox was traced"),
        Ok(Some(why)) => without_ptrace(Finding::missing(NAME, why)).advice(allow_ptrace()),
        Err(failure) => {
            Finding::unknown(NAME, format!("no program starts in the sandbox: {failure}"))
                .concerns("Exercises 1 to 6 cannot be judged.")
                .advice("Allow the call that is named above, or judge on another machine.")
        }
    }
}

/// The checks that the judge cannot make without tracing. Each of these exercises then has no grade.
fn without_ptrace(finding: Finding) -> Finding {
    finding
        .concerns("Exercises 1 to 6 get no grade: the judge sees no call and no page of a program.")
        .checks(1, &["poke-maps", "peek-maps"])
        .checks(2, &["mapping"])
        .checks(3, &["disk"])
        .checks(4, &["mapping", "copies"])
        .checks(5, &["crowd", "kills", "waiting"])
        .checks(6, &["mapping", "released", "one-pass"])
}

/// The files in `/proc` by which the judge sees what processes do. The doctor reads its own files.
pub(crate) fn proc_files() -> Finding {
    const NAME: &str = "/proc";
    let refused = ProcFile::ALL.map(|file| (file, file.read().err()));
    let lacking = refused.iter().filter_map(|(file, why)| Some((*file, why.as_ref()?)));
    let found: Vec<_> =
        lacking.clone().map(|(file, why)| format!("no {}: {why}", file.name())).collect();
    if found.is_empty() {
        return Finding::fine(NAME, "schedstat, children and syscall can be read");
    }
    lacking.fold(Finding::missing(NAME, found.join("; ")), |finding, (file, _)| {
        let options = format!(
            "{}: use a kernel that is built with {}, and a container that shows its /proc.",
            file.name(),
            file.option()
        );
        without_proc_file(finding, file).advice(options)
    })
}

/// What the judge cannot do without one of these files.
fn without_proc_file(finding: Finding, file: ProcFile) -> Finding {
    match file {
        ProcFile::SchedStat => finding.concerns(
            "Exercises 1 to 6 cannot be judged: how long a program waits for a CPU is not known.",
        ),
        ProcFile::Children => finding.concerns(
            "Exercises 1 to 6 cannot be judged: processes that a program leaves are not found.",
        ),
        ProcFile::Syscall => finding
            .concerns(
                "Exercises 2 and 5 get no grade: whether a process waits for another is not known.",
            )
            .checks(2, &["together"])
            .checks(5, &["additions", "transfers-at-once", "kills", "waiting"]),
    }
}

fn allow_ptrace() -> String {
    let scope = number("/proc/sys/kernel/yama/ptrace_scope").unwrap_or(0);
    if is_filtered() {
        return "Start the container with `--cap-add SYS_PTRACE`, or with \
                `--security-opt seccomp=unconfined`."
            .into();
    }
    if scope > 1 {
        return "Run `sudo sysctl kernel.yama.ptrace_scope=1`.".into();
    }
    "Ask the administrator of this machine to allow ptrace.".into()
}

/// Whether this user may make user namespaces, and use them: a process makes one.
pub(crate) fn user_namespaces() -> Finding {
    const NAME: &str = "user namespaces";
    let tried = trial::of(trial::USER_NAMESPACE);
    let why = match tried {
        Ok(None) => return Finding::fine(NAME, "one was made, and a mount in it"),
        Ok(Some(why)) => why,
        Err(failure) => return Finding::unknown(NAME, failure.to_string()).optional(),
    };
    if geteuid().is_root() {
        return Finding::limited(NAME, why)
            .concerns("Ordinary users of this machine: see `cargo doctor` as such a user.");
    }
    Finding::missing(NAME, why)
        .claims(1, "are left out that mount a file system", &CLAIMS_IN_NAMESPACES)
        .advice(allow_user_namespaces())
}

/// Claims whose scenarios mount file systems as an ordinary user.
const CLAIMS_IN_NAMESPACES: [&str; 4] = [
    "on_a_full_file_system_before_any_store_fallocate_fails_with_enospc_and_madv_populate_write_with_efault",
    "ftruncate_reserves_nothing_so_a_store_on_a_full_file_system_is_sigbus",
    "prot_exec_on_a_file_system_that_is_mounted_noexec_fails_with_eperm",
    "on_a_tmpfs_with_huge_pages_an_access_past_the_end_of_the_file_may_not_be_sigbus",
];

fn allow_user_namespaces() -> &'static str {
    let off = |path| number(path) == Some(0);
    if is_filtered() {
        "Start the container with `--security-opt seccomp=unconfined`."
    } else if off("/proc/sys/kernel/unprivileged_userns_clone") {
        "Run `sudo sysctl kernel.unprivileged_userns_clone=1`."
    } else if off("/proc/sys/user/max_user_namespaces") {
        "Run `sudo sysctl user.max_user_namespaces=15000`."
    } else if number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == Some(1) {
        "Run `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`."
    } else {
        "Ask the administrator of this machine to allow user namespaces."
    }
}

/// What the judge keeps apart by namespaces: it tries to make them.
pub(crate) fn namespaces() -> Finding {
    const NAME: &str = "namespaces";
    let tried = Isolation::of_this_machine().and_then(|found| Ok((found, Isolation::refusals()?)));
    let (found, refusals) = match tried {
        Ok(tried) => tried,
        Err(failure) => return Finding::unknown(NAME, failure.to_string()).optional(),
    };
    let advice = match geteuid().is_root() {
        true => "Start the container with `--cap-add SYS_ADMIN`, or judge as an ordinary user.",
        false => "See user namespaces: the judge makes these namespaces in one of them.",
    };
    let refused = |why: Option<String>| why.unwrap_or_else(|| "refused".into());
    let finding = match (found.kernel_objects, found.files) {
        (true, true) => Finding::fine(NAME, "the judge made an IPC and a mount namespace"),
        (true, false) => Finding::limited(
            NAME,
            format!("an IPC namespace, and no mount namespace: {}", refused(refusals.files)),
        )
        .concerns(
            "Exercises: a program may change modes, times and attributes of its user's files.",
        )
        .advice("Use Linux 5.12 or newer, and allow mounts in namespaces."),
        (false, _) => Finding::limited(NAME, refused(refusals.kernel_objects))
            .concerns("Exercises: a program that makes a System V semaphore or a queue fails.")
            .concerns("Exercises: a program may change modes and times of its user's files.")
            .advice(advice),
    };
    match found.processes {
        true => finding,
        false => without_processes(finding, &refused(refusals.processes)),
    }
}

/// The same without a PID namespace that has a `/proc` of its own.
fn without_processes(finding: Finding, why: &str) -> Finding {
    let found = match finding.found.contains(why) {
        true => finding.found.clone(),
        false => format!("{}; no PID namespace with a /proc of its own: {why}", finding.found),
    };
    Finding { state: State::Limited, found, ..finding }
        .concerns("Exercises: a program that is wrong only without a tracer is not found.")
        .advice(
            "Allow PID namespaces: raise /proc/sys/user/max_pid_namespaces if it is 0, and let the container's \
             seccomp filter allow `unshare`. If mounting /proc is refused, the container hides parts of /proc: \
             start it with `--security-opt unmask=ALL` (podman) or `--security-opt systempaths=unconfined` (Docker).",
        )
}

/// Landlock's version.
pub(crate) fn landlock() -> Finding {
    of_landlock(ask_for_landlock())
}

fn of_landlock(answer: io::Result<i64>) -> Finding {
    const NAME: &str = "Landlock";
    /// The first version that keeps a program from signalling other processes.
    const WITH_SIGNALS: i64 = 6;
    let version = match answer {
        Ok(version) if version >= WITH_SIGNALS => {
            return Finding::fine(NAME, format!("version {version}"));
        }
        Ok(version) => version,
        Err(error) => return without_landlock(&error),
    };
    Finding::limited(NAME, format!("version {version}, without a scope for signals"))
        .concerns("Exercises: a program that is judged may signal other processes of its user.")
        .advice("Use Linux 6.12 or newer to judge programs that you do not trust.")
}

fn without_landlock(error: &io::Error) -> Finding {
    let advice = match error.raw_os_error() {
        Some(libc::EOPNOTSUPP) => "Boot with landlock in the kernel's parameter lsm=.",
        Some(libc::ENOSYS) => "Use Linux 5.13 or newer, built with Landlock.",
        _ => "Start the container with a seccomp profile that allows landlock_create_ruleset.",
    };
    Finding::limited("Landlock", format!("none: {error}"))
        .concerns("Exercises: a program that is judged may write wherever its user may.")
        .advice("Judge only programs that you trust, or as a user who owns nothing.")
        .advice(advice)
}

/// The call `cachestat`, on a file in memory.
pub(crate) fn cachestat() -> Finding {
    let file = memfd_create("doctor", MFdFlags::MFD_CLOEXEC).step("memfd_create");
    match file {
        Ok(file) => of_cachestat(cache_counts(File::from(file)).map(drop), Version::running()),
        Err(failure) => Finding::unknown("cachestat", format!("not tried: {failure}")),
    }
}

fn of_cachestat(answer: io::Result<()>, kernel: Option<Version>) -> Finding {
    const NAME: &str = "cachestat";
    /// The kernel that brought it.
    const SINCE: Version = Version(6, 5);
    let error = match answer {
        Ok(()) => return Finding::fine(NAME, "works"),
        Err(error) => error,
    };
    // Where the call is said not to exist, programs and claims do without it.
    let without = |seen: &str| {
        Finding::limited(NAME, seen).concerns(
            "Lesson 3: its column cachestat says unknown. The claims are proved by smaps.",
        )
    };
    let is_missing = error.raw_os_error() == Some(libc::ENOSYS);
    let finding = match is_missing {
        true if kernel.is_some_and(|version| version < SINCE) => {
            return without("none: it came with Linux 6.5");
        }
        true => without("refused: ENOSYS, though this kernel has it"),
        false => Finding::missing(NAME, format!("refused: {}", errno_name(&error)))
            .concerns("Lesson 3: its program fails, and so do most of its claims.")
            .concerns("Lessons 1, 2, 4 and 6: the claims fail that count pages in the page cache."),
    };
    finding.advice("Start the container with a seccomp profile that allows cachestat, call number 451, or with `--security-opt seccomp=unconfined`.")
}

/// Whether a seccomp filter is active for this process, as in most containers.
fn is_filtered() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mode = status.lines().find_map(|line| line.strip_prefix("Seccomp:"));
    mode.is_some_and(|mode| mode.trim() == "2")
}

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T>(errno: i32) -> io::Result<T> {
        Err(io::Error::from_raw_os_error(errno))
    }

    #[test]
    fn an_older_landlock_contains_less() {
        assert_eq!(of_landlock(Ok(6)).state, State::Fine);
        assert_eq!(of_landlock(Ok(3)).state, State::Limited);
        let off = of_landlock(refused(libc::EOPNOTSUPP));
        assert!(off.advice.join(" ").contains("lsm="), "{off:?}");
    }

    #[test]
    fn a_kernel_without_cachestat_is_no_container_that_refuses_it() {
        let old = of_cachestat(refused(libc::ENOSYS), Some(Version(6, 1)));
        assert!(old.advice.is_empty(), "{old:?}");
        let refusing = of_cachestat(refused(libc::ENOSYS), Some(Version(6, 12)));
        assert!(refusing.advice.join(" ").contains("seccomp"), "{refusing:?}");
        assert_eq!([old.state, refusing.state], [State::Limited; 2]);
        assert_eq!(of_cachestat(refused(libc::EPERM), Some(Version(6, 1))).state, State::Missing);
    }
}
