//! What goes wrong because the machine runs out of memory is not told as the program's fault.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use course::scratch;
use serde_json::Value;

/// A control group with little memory; removed at the end.
struct SmallGroup(PathBuf);

impl SmallGroup {
    /// With so many bytes; `None` if this machine has no control group for memory.
    fn of(bytes: u64) -> Option<Self> {
        let (first, second) = ("/sys/fs/cgroup/memory", "/sys/fs/cgroup");
        let version_1 = Path::new(first).join("memory.limit_in_bytes").exists();
        let (root, limit) =
            if version_1 { (first, "memory.limit_in_bytes") } else { (second, "memory.max") };
        let group = Self(Path::new(root).join(format!("course-{}", std::process::id())));
        fs::create_dir(&group.0).ok()?;
        fs::write(group.0.join(limit), bytes.to_string()).ok()?;
        Some(group)
    }

    /// Judges a program as exercise 1 in this group.
    fn judge(&self, program: &Path) -> Output {
        let inside =
            "echo $$ > \"$0\"/cgroup.procs && exec \"$1\" 1 --program \"$2\" --format json";
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", inside]).arg(&self.0).arg(env!("CARGO_BIN_EXE_check")).arg(program);
        shell.output().expect("run the judge")
    }
}

impl Drop for SmallGroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0); // Refused: the assertions have failed before.
    }
}

#[test]
#[ignore = "needs root: it makes a control group"]
fn a_program_that_is_killed_because_memory_runs_out_cannot_be_judged() {
    let Some(group) = SmallGroup::of(96 << 20) else {
        println!("NOT RUN: no control group for memory can be made here");
        return;
    };
    let scratch = scratch();
    let program = scratch.path().join("takes-200-MiB");
    fs::write(&program, "#!/bin/sh\nhead -c 200M /dev/zero | tail -n 1\n").expect("write it");
    fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("chmod");
    let output = group.judge(&program);
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let checks = report["checks"].as_array().expect("checks");
    let told = checks.iter().find(|check| check["state"] == "cannot").expect("one is not judged");
    let why = told["actual"].as_str().unwrap_or_default();
    assert!(why.contains("because memory ran out"), "{report:#}");
    assert!(checks.iter().all(|check| check["state"] != "passed"), "{report:#}");
}
