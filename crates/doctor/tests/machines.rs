//! Cripples the machine for the command, and reads what it says: each test takes one thing away.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

mod crippled;

use std::fs;
use std::path::Path;

use common::{allowed_cpus, pin_to};
use course::scratch;

use crippled::{Crippled, Group, in_own_mounts};

#[test]
fn a_seccomp_filter_that_refuses_ptrace_leaves_no_exercise_with_a_grade() {
    let seen = Crippled::new().refused(libc::EPERM, "ptrace").examine();
    let ptrace = seen.must_lack("ptrace");
    ptrace.is("missing").tells("Operation not permitted").tells("Exercises 1 to 6 get no grade");
    ptrace.tells("--cap-add SYS_PTRACE");
    assert!(ptrace.lists("checks", "4/copies"), "{ptrace:?}");
}

#[test]
fn a_seccomp_filter_that_refuses_ptrace_and_namespaces_leaves_tracing_refused() {
    let seen = Crippled::new().refused(libc::EPERM, "ptrace,unshare").examine();
    seen.must_lack("ptrace").is("missing");
    seen.finding("namespaces").is("limited");
}

#[test]
fn a_seccomp_filter_that_refuses_pid_namespaces_leaves_no_run_without_a_tracer() {
    if Crippled::new().examine().finding("namespaces").says("unshare CLONE_NEWUSER") {
        course::left_out(
            "this machine lets nobody make a user namespace, which comes before a PID namespace",
        );
        return;
    }
    let call = format!("unshare:{}", libc::CLONE_NEWPID);
    let seen = Crippled::new().refused(libc::EPERM, &call).examine();
    let namespaces = seen.finding("namespaces");
    namespaces.is("limited").tells("unshare CLONE_NEWPID: Operation not permitted (os error 1)");
    namespaces.tells("wrong only without a tracer").tells("max_pid_namespaces");
}

#[test]
fn a_proc_without_schedstat_or_children_leaves_no_exercise_to_be_judged() {
    for (name, option) in [("schedstat", "CONFIG_SCHED_INFO"), ("children", "CONFIG_PROC_CHILDREN")]
    {
        let seen = Crippled::new().without_proc_file(name).examine();
        let proc = seen.must_lack("/proc");
        proc.is("missing").tells(&format!("{name}: No such file or directory (os error 2)"));
        proc.tells("Exercises 1 to 6 cannot be judged").tells(option);
    }
}

#[test]
fn a_proc_without_syscall_leaves_exercises_2_and_5_without_a_grade() {
    let seen = Crippled::new().without_proc_file("syscall").examine();
    let proc = seen.must_lack("/proc");
    proc.is("missing").tells("Exercises 2 and 5 get no grade").tells("CONFIG_HAVE_ARCH_TRACEHOOK");
    assert!(proc.lists("checks", "5/kills") && proc.lists("checks", "2/together"), "{proc:?}");
}

#[test]
fn where_no_program_starts_ptrace_is_unknown_and_the_reason_is_told() {
    let seen = Crippled::new().refused(libc::ENOSYS, "close_range").examine();
    seen.must_lack("ptrace").is("unknown").tells("close_range").tells("cannot be judged");
}

#[test]
fn a_seccomp_filter_that_refuses_unshare_leaves_an_ordinary_user_without_namespaces() {
    let seen = Crippled::new().ordinary().refused(libc::EPERM, "unshare").examine();
    let users = seen.must_lack("user namespaces");
    users.is("missing").tells("unshare CLONE_NEWUSER").tells("Lesson 1: 4 claims are left out");
    users.tells("seccomp=unconfined");
    seen.finding("namespaces").is("limited").tells("System V");
}

#[test]
fn a_user_namespace_in_which_nothing_can_be_mounted_is_not_fine() {
    let usual = Crippled::new().ordinary().examine();
    if usual.finding("user namespaces").state() == "missing" {
        course::left_out("this machine lets nobody make a user namespace");
        return;
    }
    let seen = Crippled::new().ordinary().refused(libc::EACCES, "mount").examine();
    seen.must_lack("user namespaces").is("missing").tells("mount in it: Permission denied");
    seen.finding("namespaces").is("limited").tells("its user's files");
}

#[test]
fn a_seccomp_filter_that_refuses_cachestat_fails_lesson_3() {
    let seen = Crippled::new().refused(libc::EPERM, "cachestat").examine();
    seen.must_lack("cachestat").is("missing").tells("EPERM").tells("Lesson 3: its program fails");
}

#[test]
fn a_seccomp_filter_that_knows_no_cachestat_is_told_from_a_kernel_without_it() {
    let seen = Crippled::new().refused(libc::ENOSYS, "cachestat").examine();
    let cachestat = seen.finding("cachestat");
    cachestat.is("limited").tells("Lesson 3: its column");
    let why = if course::kernel_at_least(6, 5) { "this kernel has it" } else { "Linux 6.5" };
    cachestat.tells(why);
}

#[test]
fn if_cachestat_cannot_be_tried_it_is_unknown() {
    let seen = Crippled::new().refused(libc::EPERM, "memfd_create").examine();
    seen.must_lack("cachestat").is("unknown").tells("memfd_create");
}

#[test]
fn a_seccomp_filter_that_refuses_landlock_leaves_programs_uncontained() {
    let seen = Crippled::new().refused(libc::EPERM, "landlock_create_ruleset").examine();
    let landlock = seen.finding("Landlock");
    landlock.is("limited").tells("Operation not permitted").tells("may write wherever");
    assert_eq!(seen.lacks_more_than_usual(), [""; 0], "{seen:?}");
}

#[test]
fn an_ordinary_user_learns_what_only_root_sees() {
    let seen = Crippled::new().ordinary().examine();
    let user = seen.finding("user");
    user.is("limited").tells("page-view").tells("without loss of points");
    assert!(user.lists("checks", "3/power-cut"), "{user:?}");
    seen.finding("loop devices").is("unknown").tells("needs root");
    seen.finding("ptrace").is("fine");
}

#[test]
fn a_path_without_compilers_stops_lessons_and_exercises() {
    let empty = scratch();
    let seen = Crippled::new().with_path(empty.path()).examine();
    seen.must_lack("cargo").is("missing").tells("rustup.rs");
    seen.must_lack("rustc").is("missing");
    seen.must_lack("cc").is("missing").tells("cargo links programs").tells("gcc");
    seen.finding("just").is("limited").tells("README");
    assert_eq!(seen.status, Some(3), "{seen:?}");
}

#[test]
fn a_compiler_that_does_not_run_is_not_there() {
    let directory = scratch();
    let broken = directory.path().join("cc");
    fs::write(&broken, "#!/bin/sh\necho broken >&2\nexit 7\n").expect("write it");
    fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("chmod");
    let seen = Crippled::new().with_path(directory.path()).examine();
    seen.must_lack("cc").is("missing").tells("broken").tells("7");
}

#[test]
fn one_cpu_by_affinity_leaves_three_claims_untried() {
    pin_to(&allowed_cpus().expect("CPUs")[..1]).expect("pin");
    let seen = Crippled::new().examine();
    let cpus = seen.finding("CPUs");
    cpus.is("limited").tells("1 CPU").tells("Lesson 2: a claim is not tried").tells("taskset");
    assert!(cpus.tells("bench-ipc").tells("Lesson 7").tells("Lesson 4").lists_any("claims"));
}

#[test]
fn a_limit_on_the_size_of_files_is_told() {
    let seen = Crippled::new().under(&["prlimit", "--fsize=1000000"]).examine();
    seen.must_lack("limits")
        .is("missing")
        .tells("file size 1000000")
        .tells("--fsize=unlimited")
        .tells("Lessons 1, 3");
}

#[test]
fn a_limit_that_this_user_may_raise_is_raised_in_the_shell() {
    let seen = Crippled::new().under(&["prlimit", "--nofile=64:"]).examine();
    seen.must_lack("limits").is("missing").tells("open files 64").tells("ulimit -S -n 1024");
}

#[test]
fn a_kernel_that_is_too_old_is_told_with_what_it_lacks() {
    let seen = Crippled::new().under(&["setarch", "--uname-2.6"]).examine();
    seen.must_lack("kernel").is("missing").tells("Linux 2.6").tells("close_range");
}

#[test]
fn a_scratch_in_memory_leaves_exercise_3_without_a_disk() {
    let base = Path::new("/dev/shm").join(format!("doctor-{}", std::process::id()));
    fs::create_dir(&base).expect("make a directory");
    let seen = Crippled::new().scratch_at(&base).examine();
    fs::remove_dir_all(&base).expect("remove it");
    let scratch = seen.must_lack("scratch");
    scratch.is("missing").tells("tmpfs").tells("LESSON_SCRATCH");
    if scratch.says("mounted noexec") {
        course::left_out("/dev/shm is mounted noexec, which comes before everything else");
    } else {
        scratch.tells("Exercise 3 cannot be judged");
    }
}

#[test]
fn without_a_scratch_what_needs_it_is_unknown() {
    let directory = scratch();
    let seen = Crippled::new().scratch_at(&directory.path().join("missing")).examine();
    seen.must_lack("scratch").is("missing").tells("LESSON_SCRATCH").tells("you may write to");
    seen.must_lack("ptrace").is("unknown").tells("no scratch");
}

#[test]
#[ignore = "needs root: mounts a small /dev/shm"]
fn a_small_dev_shm_has_no_room_for_large_files() {
    let mounts = "mount -t tmpfs -o size=64m tmpfs /dev/shm";
    let seen = Crippled::new().under(&in_own_mounts(mounts)).examine();
    let shared = seen.finding("/dev/shm");
    shared.is("limited").tells("64 MiB of 64 MiB free").tells("bench-read").tells("--shm-size");
    assert_eq!(seen.lacks_more_than_usual(), [""; 0], "{seen:?}");
}

#[test]
#[ignore = "needs root: fills a small /dev/shm"]
fn a_full_dev_shm_fails_lessons_2_and_5() {
    let mounts = "mount -t tmpfs -o size=1m tmpfs /dev/shm
        head -c 1M /dev/zero > /dev/shm/filler";
    let seen = Crippled::new().under(&in_own_mounts(mounts)).examine();
    let shared = seen.must_lack("/dev/shm");
    shared.is("missing").tells("No space left").tells("Lesson 5").tells("Remove what nobody needs");
}

#[test]
#[ignore = "needs root: hides /dev/shm"]
fn a_dev_shm_that_is_not_there_fails_lessons_2_and_5() {
    let mounts = "mkdir target/dev
        mount -t tmpfs tmpfs target/dev
        for device in null zero full random urandom; do
            touch target/dev/$device
            mount --bind /dev/$device target/dev/$device
        done
        mount --move target/dev /dev
        rmdir target/dev";
    let directory = scratch();
    fs::create_dir(directory.path().join("target")).expect("make a directory");
    let seen = Crippled::new().under(&in_own_mounts(mounts)).within(directory.path()).examine();
    seen.must_lack("/dev/shm").is("missing").tells("Lesson 2").tells("mount -t tmpfs tmpfs");
}

#[test]
#[ignore = "needs root: hides the control of loop devices"]
fn without_loop_devices_no_power_is_cut() {
    let seen = Crippled::new().under(&in_own_mounts("mount --bind /dev/null /dev/loop-control"));
    let seen = seen.examine();
    let devices = seen.finding("loop devices");
    devices
        .is("limited")
        .tells("power-cut")
        .tells("a reboot finds the record")
        .tells("modprobe loop");
    assert_eq!(seen.lacks_more_than_usual(), [""; 0], "{seen:?}");
}

#[test]
#[ignore = "needs root: mounts a scratch from which nothing is executed"]
fn a_scratch_mounted_noexec_runs_no_program() {
    let directory = scratch();
    let mounts = "mount -t tmpfs -o noexec tmpfs \"$LESSON_SCRATCH\"";
    let seen = Crippled::new().under(&in_own_mounts(mounts)).scratch_at(directory.path()).examine();
    seen.must_lack("scratch").is("missing").tells("noexec").tells("Lessons 1 and 4");
}

#[test]
#[ignore = "needs root: mounts a small scratch"]
fn a_scratch_without_room_fails_lesson_6() {
    let directory = scratch();
    let mounts = "mount -t tmpfs -o size=64m tmpfs \"$LESSON_SCRATCH\"";
    let seen = Crippled::new().under(&in_own_mounts(mounts)).scratch_at(directory.path()).examine();
    seen.must_lack("scratch").is("missing").tells("Lesson 6: its program").tells("128 MiB");
}

#[test]
#[ignore = "needs root: hides the control groups"]
fn if_no_control_group_is_seen_whether_one_limits_is_unknown() {
    let mounts = "umount --recursive /sys/fs/cgroup";
    let seen = Crippled::new().under(&in_own_mounts(mounts)).examine();
    seen.finding("memory").is("unknown").tells("control group");
    if allowed_cpus().expect("CPUs").len() > 1 {
        seen.finding("CPUs").is("unknown").tells("control group");
    }
    assert_eq!(seen.lacks_more_than_usual(), [""; 0], "{seen:?}");
}

#[test]
#[ignore = "needs root: makes a control group"]
fn the_memory_limit_of_a_control_group_counts() {
    let bytes = (100 << 20).to_string();
    let limits = [("memory.limit_in_bytes", &*bytes), ("memory.max", &*bytes)];
    let Some(group) = Group::new("memory", &limits) else {
        println!("NOT RUN: no control group for memory can be made here");
        return;
    };
    let seen = Crippled::new().under(&group.enter()).examine();
    seen.must_lack("memory")
        .is("missing")
        .tells("control group")
        .tells("Exercise 6")
        .tells("no grade");
}

#[test]
#[ignore = "needs root: makes a control group"]
fn the_cpu_quota_of_a_control_group_counts() {
    let limits = [("cpu.cfs_quota_us", "50000"), ("cpu.max", "50000 100000")];
    let Some(group) = Group::new("cpu", &limits) else {
        println!("NOT RUN: no control group for CPU time can be made here");
        return;
    };
    let seen = Crippled::new().under(&group.enter()).examine();
    seen.finding("CPUs").is("limited").tells("0.5").tells("Exercises 2 and 5").tells("--cpus=2");
}
