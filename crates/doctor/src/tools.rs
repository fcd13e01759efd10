//! Programs that the course calls, and the user.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::geteuid;
use sandbox::SEARCH_PATH;

use crate::finding::Finding;

/// cargo and rustc.
pub(crate) fn rust() -> Vec<Finding> {
    [("cargo", "CARGO"), ("rustc", "RUSTC")]
        .map(|(name, variable)| rust_tool(name, variable))
        .into()
}

fn rust_tool(name: &'static str, variable: &str) -> Finding {
    let chosen = env::var_os(variable).unwrap_or_else(|| name.into());
    match run(&chosen, "--version") {
        Ok(path) => Finding::fine(name, path),
        Err(why) => Finding::missing(name, why)
            .concerns("All lessons and exercises: no program can be compiled.")
            .advice("Install Rust, as https://rustup.rs says, and put ~/.cargo/bin into PATH."),
    }
}

/// The C compiler, by which Rust programs are linked, too.
pub(crate) fn c_compiler() -> Finding {
    const NAME: &str = "cc";
    let advice = "Install a C compiler: `apt install gcc libc6-dev`, or `dnf install gcc`.";
    match (run(OsStr::new("cc"), "--version"), run(OsStr::new("/usr/bin/cc"), "--version")) {
        (Ok(path), Ok(_)) => Finding::fine(NAME, path),
        (Ok(path), Err(why)) => Finding::limited(NAME, format!("{path}; {why}"))
            .concerns("Exercises: the judge compiles a source file in C only with /usr/bin/cc.")
            .advice(advice),
        (Err(why), _) => Finding::missing(NAME, why)
            .concerns("All lessons and exercises: cargo links programs with cc.")
            .concerns(
                "Lesson 1: the test with C programs fails. Exercises in C cannot be compiled.",
            )
            .advice(advice),
    }
}

/// What answers in other languages need.
pub(crate) fn languages() -> Vec<Finding> {
    vec![
        language(
            "c++",
            run(OsStr::new("/usr/bin/c++"), "--version"),
            "Exercises: a source file in C++ cannot be judged.",
            "Install it, if you want C++: `apt install g++`, or `dnf install gcc-c++`.",
        ),
        language(
            "python3",
            in_search_path("python3", "--version"),
            "Exercises: a program in Python cannot be judged. It is looked for where PATH does not count.",
            "Install it, if you want Python: `apt install python3`, or `dnf install python3`.",
        ),
        language(
            "go",
            run(OsStr::new("go"), "version"),
            "Exercises: `cargo check-exercise --proof` leaves out answers in Go.",
            "Install it, if you want Go: `apt install golang-go`, or `dnf install golang`.",
        ),
        language(
            "javac",
            run(OsStr::new("javac"), "-version"),
            "Exercises: `cargo check-exercise --proof` leaves out answers in Java.",
            "Install it, if you want Java: `apt install default-jdk`, or `dnf install java-devel`.",
        ),
    ]
}

fn language(
    name: &'static str,
    found: Result<String, String>,
    concern: &str,
    advice: &str,
) -> Finding {
    match found {
        Ok(path) => Finding::fine(name, path),
        Err(why) => Finding::limited(name, why).concerns(concern).advice(advice),
    }
}

/// Whether just is there.
pub(crate) fn just() -> Finding {
    match run(OsStr::new("just"), "--version") {
        Ok(path) => Finding::fine("just", path),
        Err(why) => Finding::limited("just", why)
            .concerns("Lessons: the texts name recipes of just. The README has the cargo command of each.")
            .advice("Use the cargo commands, or install just: `cargo install just`."),
    }
}

/// Programs that only claims of root call; `None` for another user.
pub(crate) fn tools_of_root() -> Option<Finding> {
    geteuid().is_root().then(found_tools_of_root)
}

fn found_tools_of_root() -> Finding {
    const NAME: &str = "tools of root";
    /// Each with its package in Debian.
    const TOOLS: [(&str, &str); 7] = [
        ("mkfs.ext4", "e2fsprogs"),
        ("mkfs.xfs", "xfsprogs"),
        ("mkfs.btrfs", "btrfs-progs"),
        ("chattr", "e2fsprogs"),
        ("losetup", "mount"),
        ("unshare", "util-linux"),
        ("setpriv", "util-linux"),
    ];
    let path = env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let lacking = TOOLS.iter().filter(|(tool, _)| found_in(OsStr::new(&path), tool).is_none());
    let (tools, mut packages): (Vec<_>, Vec<_>) = lacking.copied().unzip();
    packages.dedup();
    match tools.is_empty() {
        true => Finding::fine(NAME, "all are there"),
        false => Finding::limited(NAME, format!("not found: {}", tools.join(", ")))
            .concerns("Lessons: claims of `just prove-all` that need them fail.")
            .advice(format!("As root on Debian: `apt install {}`.", packages.join(" "))),
    }
}

/// Root, or not.
pub(crate) fn user() -> Finding {
    of_user(geteuid().is_root())
}

/// Lessons with claims that only root can prove.
const LESSONS_OF_ROOT: &str = "1 to 5 and 7";

fn of_user(is_root: bool) -> Finding {
    if is_root {
        return Finding::fine("user", "root");
    }
    Finding::limited("user", "not root")
        .concerns(format!(
            "Lessons {LESSONS_OF_ROOT}: the claims that need root are ignored, as the tests say."
        ))
        .concerns("Lesson 3: the command power-cut fails.")
        .concerns("page-view: the kernel hides the numbers of page frames.")
        .checks_with_promises(3, &["power-cut", "power-cut-name"])
        .advice(
            "Run `just prove-all` as root in a virtual machine, if you want to prove these, too.",
        )
}

/// Runs a program, found by PATH or by its path: where it is, or why it does not work.
fn run(program: &OsStr, version: &str) -> Result<String, String> {
    let name = Path::new(program).display().to_string();
    let path = env::var_os("PATH").unwrap_or_default();
    let found = match Path::new(program).is_absolute() {
        true => Some(PathBuf::from(program)).filter(|path| path.exists()).ok_or("is not there"),
        false => found_in(&path, &name).ok_or("is not found in PATH"),
    };
    let found = found.map_err(|why| format!("{name} {why}"))?;
    let shown = found.display();
    let mut command = Command::new(&found);
    let output = command.arg(version).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Ok(shown.to_string()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let first = said.lines().next().unwrap_or_default();
            Err(format!("{shown} {version}: {}: {first}", output.status))
        }
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

/// The same of a program in the directories in which a judged program looks.
fn in_search_path(name: &str, version: &str) -> Result<String, String> {
    match found_in(OsStr::new(SEARCH_PATH), name) {
        Some(found) => run(found.as_os_str(), version),
        None => Err(format!("not found in {SEARCH_PATH}")),
    }
}

fn found_in(path: &OsStr, name: &str) -> Option<PathBuf> {
    let places: Vec<OsString> = env::split_paths(path).map(PathBuf::into_os_string).collect();
    places.iter().map(|place| Path::new(place).join(name)).find(|file| file.is_file())
}
