//! Debian's packages: which kernels there are, and their files. Uses apt with lists of its own below
//! `target/kernels`, so it needs no root and leaves the machine's lists alone.

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Context, Failure, Result};

/// The keys with which Debian signs its lists.
pub(crate) const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Debian's archives and suites. The security archive has the newest kernel of a release, and the backports
/// may have a newer one than sid.
const SUITES: [(&str, &str); 8] = [
    ("debian", "bullseye"),
    ("debian-security", "bullseye-security"),
    ("debian", "bookworm"),
    ("debian-security", "bookworm-security"),
    ("debian", "trixie"),
    ("debian-security", "trixie-security"),
    ("debian", "trixie-backports"),
    ("debian", "sid"),
];

/// The package archives, with lists and files in a directory of our own.
pub(crate) struct Packages {
    directory: PathBuf,
}

impl Packages {
    /// Reads the lists of Debian's suites from bullseye to sid.
    ///
    /// # Errors
    /// apt is missing or fails: the failure has its last line.
    pub(crate) fn new(directory: &Path) -> Result<Self> {
        for sub in ["state/lists/partial", "cache/archives/partial", "files"] {
            let sub = directory.join(sub);
            fs::create_dir_all(&sub).step_on("create the directory", &sub)?;
        }
        let sources = directory.join("sources.list");
        let line = |(archive, suite): (&str, &str)| {
            format!("deb [signed-by={KEYRING}] http://deb.debian.org/{archive} {suite} main\n")
        };
        fs::write(&sources, SUITES.map(line).concat()).step_on("write", &sources)?;
        // Nothing is installed.
        let status = directory.join("state/status");
        if !status.exists() {
            fs::write(&status, "").step_on("write", &status)?;
        }
        let packages = Self { directory: directory.into() };
        packages.apt("apt-get", &["update"])?;
        Ok(packages)
    }

    /// The newest version of Debian's kernel that begins with `wanted` (`6.1` finds `6.1.176-1`, and
    /// `newest` the newest of all).
    ///
    /// # Errors
    /// There is no such kernel; the failure lists what there is.
    pub(crate) fn kernel(&self, wanted: &str) -> Result<String> {
        let text = self.apt("apt-cache", &["madison", "linux-image-amd64"])?;
        let mut versions: Vec<&str> =
            text.lines().filter_map(|line| line.split('|').nth(1)).collect();
        versions.iter_mut().for_each(|version| *version = version.trim());
        versions.sort_by(|a, b| compare(a, b));
        let fits = |version: &&&str| {
            wanted == "newest"
                || version.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(['.', '-']))
        };
        versions.iter().rfind(fits).map(ToString::to_string).ok_or_else(|| {
            versions.dedup();
            let sentence = format!("Debian has no such kernel; it has {}", versions.join(", "));
            Failure::refusal("choose a kernel", Path::new(wanted), sentence)
        })
    }

    /// Downloads and unpacks the kernel's image and modules. Returns the directory that holds `boot`.
    ///
    /// # Errors
    /// A download fails, or dpkg-deb does.
    pub(crate) fn unpack_kernel(&self, version: &str) -> Result<PathBuf> {
        let depends = self.depends(&format!("linux-image-amd64={version}"))?;
        let image = depends.iter().find(|package| package.starts_with("linux-image-"));
        let image = image.ok_or_else(|| {
            Failure::refusal("find the image of", Path::new(version), "the package names none")
        })?;
        // The newest packages have the image and the modules in packages of their own.
        let is_part = |package: &String| {
            ["linux-binary-", "linux-modules-"].iter().any(|part| package.starts_with(part))
        };
        let mut packages = vec![image.clone()];
        packages.extend(self.depends(image)?.into_iter().filter(is_part));
        self.unpack(&packages)
    }

    /// Downloads packages and unpacks them into one directory, which has the first package's name.
    ///
    /// # Errors
    /// A download fails, or dpkg-deb does.
    pub(crate) fn unpack(&self, packages: &[String]) -> Result<PathBuf> {
        let name = packages.first().map_or("none", String::as_str);
        let into = self.directory.join("files").join(name);
        let done = into.join("unpacked");
        if done.exists() {
            return Ok(into);
        }
        fs::create_dir_all(&into).step_on("create the directory", &into)?;
        for package in packages {
            let uri = self.apt("apt-get", &["download", "--print-uris", package])?;
            let name = uri.split_whitespace().nth(1).unwrap_or_default();
            let archive = self.directory.join("cache").join(name);
            if !archive.exists() {
                self.apt("apt-get", &["download", package])?;
            }
            let mut unpack = Command::new("dpkg-deb");
            run(unpack.arg("--extract").arg(&archive).arg(&into))?;
            fs::remove_file(&archive).step_on("remove", &archive)?;
        }
        fs::write(&done, "").step_on("write", &done)?;
        Ok(into)
    }

    /// The packages on which a package depends.
    fn depends(&self, package: &str) -> Result<Vec<String>> {
        let text = self.apt("apt-cache", &["show", package])?;
        Ok(packages_in(text.lines().find_map(|line| line.strip_prefix("Depends: ")).unwrap_or("")))
    }

    fn apt(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(program);
        let at = |key: &str, path: &str| format!("{key}={}", self.directory.join(path).display());
        for option in [
            at("Dir::State", "state"),
            at("Dir::State::status", "state/status"),
            at("Dir::Cache", "cache"),
            at("Dir::Etc::SourceList", "sources.list"),
        ] {
            command.args(["-o", &option]);
        }
        for option in [
            "Dir::Etc::SourceParts=/dev/null",
            "Acquire::Languages=none",
            // A container's image turns this cache off. Without it, each call reads all lists again.
            "Dir::Cache::pkgcache=pkgcache.bin",
        ] {
            command.args(["-o", option]);
        }
        command.args(["-o", "APT::Architecture=amd64", "-o", "APT::Sandbox::User=", "-q"]);
        run(command.args(arguments).current_dir(self.directory.join("cache")))
    }
}

/// Orders two versions of Debian's kernel by their numbers.
fn compare(a: &str, b: &str) -> Ordering {
    let numbers = |text: &str| -> Vec<u32> {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
    };
    numbers(a).cmp(&numbers(b))
}

/// The names in a list of dependencies: `kmod, linux-base (= 7.2), dracut | initramfs-tools`.
fn packages_in(depends: &str) -> Vec<String> {
    let names = depends.split([',', '|']).filter_map(|one| one.split_whitespace().next());
    names.map(Into::into).collect()
}

/// Runs a program to its end and returns what it printed.
///
/// # Errors
/// The program is missing, or ends with another status than 0: the failure has its last line.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let program = PathBuf::from(command.get_program());
    let output = command.output().step_on("start", &program)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = errors.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no message");
    Err(Failure::refusal("run", &program, format!("{}: {last}", output.status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        assert_eq!(compare("5.10.262-1", "5.10.223-1"), Ordering::Greater);
        assert_eq!(compare("6.1.176-1", "6.12.117-1"), Ordering::Less);
    }

    #[test]
    fn a_dependency_is_the_name_of_a_package() {
        let depends =
            "dracut | initramfs-tools (>= 0.1), linux-binary-7.2+deb14-amd64 (= 7.2-1), kmod";
        let names = ["dracut", "initramfs-tools", "linux-binary-7.2+deb14-amd64", "kmod"];
        assert_eq!(packages_in(depends), names);
        assert!(packages_in("").is_empty());
    }

    #[test]
    fn the_failure_of_a_program_has_its_last_line() {
        let failure = run(Command::new("sh").args(["-c", "echo first >&2; echo last >&2; exit 3"]));
        let text = failure.unwrap_err().to_string();
        assert!(text.ends_with("exit status: 3: last"), "{text}");
        let missing = run(&mut Command::new("/nonexistent/program")).unwrap_err().to_string();
        assert!(missing.contains("No such file"), "{missing}");
    }
}
