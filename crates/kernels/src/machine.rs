//! One virtual machine: started with a kernel and an initramfs, watched until it powers off.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Context, Failure, Result};

use crate::programs::Program;

/// How much memory a machine has.
const MEMORY: &str = "4G";
/// The size of its disk. The file is sparse.
const DISK_BYTES: u64 = 6 << 30;

/// What a machine is asked to do.
pub(crate) struct Job<'a> {
    /// The kernel's image.
    pub(crate) kernel: &'a Path,
    /// What it starts with.
    pub(crate) initramfs: &'a Path,
    /// The file systems, in order.
    pub(crate) file_systems: &'a [&'static str],
    /// The test programs.
    pub(crate) programs: &'a [Program],
    /// Where the results and the log go.
    pub(crate) directory: &'a Path,
    /// The most time it may take.
    pub(crate) limit: Duration,
}

/// What runs the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accelerator {
    /// The processor itself, through /dev/kvm.
    Kvm,
    /// QEMU's emulation, about ten times slower.
    Emulation,
}

impl Accelerator {
    /// KVM if there is such a device. Whether it works is only known when a guest has booted.
    pub(crate) fn available() -> Self {
        if Path::new("/dev/kvm").exists() { Self::Kvm } else { Self::Emulation }
    }

    fn option(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Emulation => "tcg",
        }
    }
}

/// A running machine. Dropping it ends it.
pub(crate) struct Machine {
    qemu: Child,
    /// Where the guest writes its results.
    pub(crate) results: PathBuf,
    log: PathBuf,
    deadline: Instant,
}

impl Machine {
    /// Starts the machine.
    ///
    /// # Errors
    /// QEMU is missing, or a file cannot be written.
    pub(crate) fn start(job: &Job, accelerator: Accelerator) -> Result<Self> {
        let results = job.directory.join("results");
        let _ = fs::remove_dir_all(&results); // There may be none yet.
        fs::create_dir_all(&results).step_on("create the directory", &results)?;
        write_settings(job, &results)?;
        let disk = job.directory.join("disk");
        let file = fs::File::create(&disk).step_on("create", &disk)?;
        file.set_len(DISK_BYTES).step_on("ftruncate", &disk)?;
        let log = job.directory.join("log");
        let output = fs::File::create(&log).step_on("create", &log)?;
        let errors = output.try_clone().step("dup")?;
        let share = |path: &Path, tag: &str, more: &str| {
            let path = path.display();
            format!("local,path={path},mount_tag={tag},security_model=none,multidevs=remap{more}")
        };
        let mut qemu = Command::new("qemu-system-x86_64");
        qemu.args(["-accel", accelerator.option(), "-cpu", "max", "-smp", "2", "-m", MEMORY])
            .args([
                "-nodefaults",
                "-no-user-config",
                "-nographic",
                "-no-reboot",
                "-serial",
                "stdio",
            ])
            .arg("-kernel")
            .arg(job.kernel)
            .arg("-initrd")
            .arg(job.initramfs)
            .args(["-append", "console=ttyS0 panic=-1 quiet"])
            .args(["-drive", &format!("file={},format=raw,if=virtio,cache=unsafe", disk.display())])
            .args(["-virtfs", &share(Path::new("/"), "host", ",readonly=on")])
            .args(["-virtfs", &share(&results, "results", "")])
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        let qemu = qemu.spawn().step_on("start", Path::new("qemu-system-x86_64"))?;
        Ok(Self { qemu, results, log, deadline: Instant::now() + job.limit })
    }

    /// Whether the machine has ended. Calls it an error if it took too long or did not do its work.
    ///
    /// # Errors
    /// The machine did not boot, stopped half-way, or was too slow: the last line of its log says why.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        if self.qemu.try_wait().step("wait for QEMU")?.is_some() {
            return match self.results.join("done").exists() {
                true => Ok(true),
                false => Err(self.failure("it ended before its work was done")),
            };
        }
        if Instant::now() > self.deadline {
            return Err(self.failure("it took too long"));
        }
        Ok(false)
    }

    /// Whether the guest has booted and sees the host's files.
    pub(crate) fn has_booted(&self) -> bool {
        self.results.join("release").exists()
    }

    /// How many test programs have run so far, on all file systems.
    pub(crate) fn finished(&self) -> usize {
        let directories = fs::read_dir(&self.results).into_iter().flatten().flatten();
        let files =
            directories.filter_map(|entry| fs::read_dir(entry.path()).ok()).flatten().flatten();
        files.filter(|file| file.path().extension().is_some_and(|it| it == "out")).count()
    }

    fn failure(&self, sentence: &str) -> Failure {
        let mut text = Vec::new();
        let read = fs::File::open(&self.log).and_then(|mut log| log.read_to_end(&mut text));
        let text = String::from_utf8_lossy(&text);
        let last = match read {
            Ok(_) => {
                text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it printed nothing")
            }
            Err(_) => "its log cannot be read",
        };
        Failure::refusal("run the virtual machine", &self.log, format!("{sentence}: {last}"))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.qemu.kill(); // It has ended already, or ends now.
        let _ = self.qemu.wait();
    }
}

fn write_settings(job: &Job, results: &Path) -> Result<()> {
    let variable = |name: &str| std::env::var(name).ok().map(|value| format!("{name}={value}"));
    let environment: Vec<String> =
        ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(variable).collect();
    let settings = format!(
        "file_systems=\"{}\"\nenvironment=\"{}\"\n",
        job.file_systems.join(" "),
        environment.join(" ")
    );
    let path = results.join("settings");
    fs::write(&path, settings).step_on("write", &path)?;
    let lines = job.programs.iter().enumerate().map(|(number, program)| {
        format!("{number} {} {}\n", program.directory.display(), program.executable.display())
    });
    let path = results.join("programs");
    fs::write(&path, lines.collect::<String>()).step_on("write", &path)
}
