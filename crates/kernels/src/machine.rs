//! One virtual machine: started with a kernel and an initramfs, watched until it powers off.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, PipeReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use common::{Context, Failure, Result};

use kernels::code_hashes::CodeHashes;
use kernels::programs::Program;

use crate::counter;

/// The program that runs a machine.
pub(crate) const QEMU: &str = "qemu-system-x86_64";
/// How much memory a machine has.
const MEMORY: &str = "4G";
/// The emulated processor. QEMU emulates what is left out here in small steps: `rep stosb` byte by byte
/// (`erms`, `fsrm`), and registers that are saved at each switch to another thread (`avx`, `mpx`).
const PROCESSOR: &str = "max,-erms,-fsrm,-avx,-avx2,-fma,-f16c,-mpx,-la57,-smap";
/// What the kernel is told. Without `init_on_alloc=0`, it sets all memory to zero that it gets for itself.
/// Without `tsc=reliable`, it reads the time from a device, which is slow. While it boots, it tests the timer;
/// on a busy host, the interrupts come too late and it panics (`no_timer_check`).
const KERNEL_OPTIONS: &str = concat!(
    "console=ttyS0 panic=-1 quiet init_on_alloc=0 mitigations=off ",
    "tsc=reliable clocksource=tsc no_timer_check"
);
/// What the kernel of an emulated machine is told besides. QEMU keeps the code that it has translated by its
/// address. If each process gets other addresses, it translates the same code again for each process: a run of
/// all tests then takes more than twice the CPU time.
const EMULATED_OPTIONS: &str = "norandmaps";
/// The file among its results that has the hashes of its tests.
pub(crate) const CODE_HASHES: &str = "code-hashes";
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
    /// The hashes of their tests.
    pub(crate) hashes: &'a CodeHashes,
    /// Where the results and the log go.
    pub(crate) directory: &'a Path,
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

    /// What ran the machine that wrote these results.
    pub(crate) fn of(results: &Path) -> Result<Self> {
        let path = results.join("processor");
        let text = fs::read_to_string(&path).step_on("read", &path)?;
        Ok(if text == Self::Kvm.processor() { Self::Kvm } else { Self::Emulation })
    }

    /// Why a test cannot be shown here; `None` if it can.
    pub(crate) fn left_out(self, test: &str) -> Option<&'static str> {
        const NEED_STORE_BUFFERS: [&str; 2] = [
            "two_processes_that_store_and_then_load_may_both_load_the_old_value",
            "with_a_fence_and_membarrier_in_one_process_two_processes_that_store_and_then_load_never_both_load_the_old_value",
        ];
        let name = test.rsplit("::").next().unwrap_or(test);
        let is_lacking = self == Self::Emulation && NEED_STORE_BUFFERS.contains(&name);
        is_lacking.then_some("an emulated processor has no store buffer")
    }

    /// The most time until a machine has booted. Emulation needs half a minute on an idle machine, and a
    /// KVM that works needs a few seconds. A KVM that needs longer is slower than emulation.
    pub(crate) fn boot_limit(self) -> Duration {
        match self {
            Self::Kvm => Duration::from_secs(30),
            Self::Emulation => Duration::from_mins(10),
        }
    }

    /// What runs the instructions, in a record.
    pub(crate) fn processor(self) -> &'static str {
        match self {
            Self::Kvm => "KVM",
            Self::Emulation => "emulated by QEMU",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Emulation => "tcg",
        }
    }

    /// What the kernel is told.
    fn kernel_options(self) -> String {
        let more = if self == Self::Emulation { EMULATED_OPTIONS } else { "" };
        format!("{KERNEL_OPTIONS} tsc_early_khz={} {more}", counter::kilohertz())
    }

    fn processor_model(self) -> &'static str {
        match self {
            Self::Kvm => "max",
            Self::Emulation => PROCESSOR,
        }
    }
}

/// What a machine has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It has booted and sees the host's files.
    Booted,
    /// A test program has ended.
    Finished,
    /// It has done its work and is off.
    Ended,
}

/// A running machine. Dropping it ends it.
pub(crate) struct Machine {
    qemu: Child,
    /// The lines of its console.
    console: Receiver<String>,
    /// Where the guest writes its results.
    pub(crate) results: PathBuf,
    log: PathBuf,
    last: String,
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
        write_settings(job, accelerator, &results)?;
        let disk = job.directory.join("disk");
        let file = File::create(&disk).step_on("create", &disk)?;
        file.set_len(DISK_BYTES).step_on("ftruncate", &disk)?;
        let share = |path: &Path, tag: &str, more: &str| {
            let path = path.display();
            format!("local,path={path},mount_tag={tag},security_model=none,multidevs=remap{more}")
        };
        let (output, to_output) = io::pipe().step("pipe")?;
        let errors = to_output.try_clone().step("dup")?;
        let mut command = Command::new(QEMU);
        command
            .args(["-accel", accelerator.name(), "-cpu", accelerator.processor_model()])
            .args(["-smp", "2", "-m", MEMORY])
            .args([
                "-no-hpet",
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
            .args(["-append", &accelerator.kernel_options()])
            .args(["-drive", &format!("file={},format=raw,if=virtio,cache=unsafe", disk.display())])
            .args(["-virtfs", &share(Path::new("/"), "host", ",readonly=on")])
            .args(["-virtfs", &share(&results, "results", "")])
            .stdin(Stdio::null())
            .stdout(to_output)
            .stderr(errors);
        let qemu = command.spawn().step_on("start", Path::new(QEMU))?;
        drop(command); // And with it our copies of the pipe's writing end.
        let log = job.directory.join("log");
        let console = listen(output, File::create(&log).step_on("create", &log)?);
        Ok(Self { qemu, console, results, log, last: "it printed nothing".into() })
    }

    /// Waits for the machine's next event.
    ///
    /// # Errors
    /// None came in time, or the machine ended before its work was done: the failure has the last line
    /// of its console.
    pub(crate) fn next(&mut self, limit: Duration) -> Result<Event> {
        let deadline = Instant::now() + limit;
        loop {
            match self.console.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                // The firmware leaves what clears the screen in front of the guest's first line.
                Ok(line) if line.trim_end().ends_with("kernels: booted") => {
                    return Ok(Event::Booted);
                }
                Ok(line) if line.trim_end() == "kernels: finished" => return Ok(Event::Finished),
                Ok(line) if !line.trim().is_empty() => self.last = line.trim().into(),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return Err(self.failure("it took too long")),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        match self.results.join("done").exists() {
            true => Ok(Event::Ended),
            false => Err(self.failure("it ended before its work was done")),
        }
    }

    fn failure(&self, sentence: &str) -> Failure {
        let last = &self.last;
        Failure::refusal("run the virtual machine", &self.log, format!("{sentence}: {last}"))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.qemu.kill(); // It has ended already, or ends now.
        let _ = self.qemu.wait();
    }
}

/// Copies the console to the log, and passes its lines on.
fn listen(console: PipeReader, mut log: File) -> Receiver<String> {
    let (to, from) = mpsc::channel();
    thread::spawn(move || {
        let mut console = BufReader::new(console);
        let mut line = Vec::new();
        while console.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            let _ = log.write_all(&line); // The log is for people; the results are files of their own.
            if to.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
            line.clear();
        }
    });
    from
}

fn write_settings(job: &Job, accelerator: Accelerator, results: &Path) -> Result<()> {
    let variable = |name: &str| std::env::var(name).ok().map(|value| format!("{name}={value}"));
    let environment: Vec<String> =
        ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(variable).collect();
    let settings = format!(
        "file_systems=\"{}\"\nenvironment=\"{}\"\n",
        job.file_systems.join(" "),
        environment.join(" "),
    );
    let write = |name: &str, text: String| {
        let path = results.join(name);
        fs::write(&path, text).step_on("write", &path)
    };
    write("settings", settings)?;
    write("processor", accelerator.processor().into())?;
    job.hashes.write(&results.join(CODE_HASHES))?;
    let lines = job.programs.iter().enumerate().map(|(number, program)| {
        format!("{number} {} {}\n", program.directory.display(), program.executable.display())
    });
    write("programs", lines.collect())?;
    for (number, program) in job.programs.iter().enumerate() {
        let can = |test: &&String| accelerator.left_out(test).is_none();
        let tests = program.tests.iter().filter(can).map(|test| format!("{test}\n"));
        write(&format!("{number}.tests"), tests.collect())?;
    }
    Ok(())
}
