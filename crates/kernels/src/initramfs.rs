//! The first file system of a virtual machine: busybox, the scripts `init.sh` and `tests.sh`, and the modules that
//! Debian's kernel needs for the disk, the host's files and the file systems.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Context, Failure, Result};

use crate::packages::run;

/// What is loaded, in this order, each after what it depends on. A kernel may lack some (they are built
/// in, or not needed yet): those are left out.
const MODULES: [&str; 17] = [
    "virtio_pci",
    "virtio_blk",
    "9pnet_virtio",
    "9p",
    "crc32c_generic",
    "crc32c_intel",
    "xxhash_generic",
    "sha256_generic",
    "blake2b_generic",
    "ext4",
    "xfs",
    "btrfs",
    "overlay",
    "loop",
    "fuse",
    "ramfs",
    "tun",
];

const INIT: &str = include_str!("init.sh");
const TESTS: &str = include_str!("tests.sh");

/// Packs the initramfs for the kernel that is unpacked in `kernel` into the file `to`.
///
/// # Errors
/// A program (cpio, modinfo, xz) is missing or fails; a file of the packages is not where it should be.
pub(crate) fn pack(kernel: &Path, busybox: &Path, work: &Path, to: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(work); // There may be none yet.
    for sub in ["bin", "modules"] {
        let sub = work.join(sub);
        fs::create_dir_all(&sub).step_on("create the directory", &sub)?;
    }
    copy(busybox, &work.join("bin/busybox"))?;
    let init = work.join("init");
    fs::write(&init, INIT).step_on("write", &init)?;
    let tests = work.join("tests.sh");
    fs::write(&tests, TESTS).step_on("write", &tests)?;
    run(Command::new("chmod").arg("755").arg(&init))?;
    let mut names = String::new();
    for module in in_order(&all_modules(kernel)?)? {
        names += &unpack_module(&module, &work.join("modules"))?;
        names += "\n";
    }
    let order = work.join("modules/order");
    fs::write(&order, names).step_on("write", &order)?;
    archive(work, to)
}

/// The path of each module of the kernel by its name, with `_` for `-`.
fn all_modules(kernel: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut modules = BTreeMap::new();
    let mut directories: Vec<PathBuf> =
        ["lib/modules", "usr/lib/modules"].iter().map(|sub| kernel.join(sub)).collect();
    while let Some(directory) = directories.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue }; // One of the two roots is absent.
        for entry in entries {
            let path = entry.step_on("read the directory", &directory)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                directories.push(path);
            } else if let Some((name, _)) = name.split_once(".ko") {
                modules.insert(name.replace('-', "_"), path);
            }
        }
    }
    if modules.is_empty() {
        return Err(Failure::refusal("find the modules in", kernel, "there are none"));
    }
    Ok(modules)
}

/// The wanted modules, each after what it depends on.
fn in_order(all: &BTreeMap<String, PathBuf>) -> Result<Vec<PathBuf>> {
    fn visit(
        name: &str,
        all: &BTreeMap<String, PathBuf>,
        seen: &mut BTreeSet<String>,
        order: &mut Vec<PathBuf>,
    ) -> Result<()> {
        let Some(path) = all.get(name) else { return Ok(()) };
        if !seen.insert(name.into()) {
            return Ok(());
        }
        let depends = run(Command::new("modinfo").args(["--field", "depends"]).arg(path))?;
        for dependency in depends.trim().split(',').filter(|name| !name.is_empty()) {
            visit(&dependency.replace('-', "_"), all, seen, order)?;
        }
        order.push(path.clone());
        Ok(())
    }
    let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
    for module in MODULES {
        visit(module, all, &mut seen, &mut order)?;
    }
    Ok(order)
}

/// Puts a module into the directory, decompressed. Returns its file's name.
fn unpack_module(module: &Path, into: &Path) -> Result<String> {
    let name = module.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (plain, program) = match name.rsplit_once('.') {
        Some((plain, "xz")) => (plain, "xz"),
        Some((plain, "zst")) => (plain, "zstd"),
        _ => {
            copy(module, &into.join(&name))?;
            return Ok(name);
        }
    };
    let output = Command::new(program).args(["--decompress", "--stdout"]).arg(module).output();
    let output = output.step_on("start", Path::new(program))?;
    if !output.status.success() {
        return Err(Failure::refusal("decompress", module, output.status.to_string()));
    }
    let to = into.join(plain);
    fs::write(&to, output.stdout).step_on("write", &to)?;
    Ok(plain.into())
}

fn archive(work: &Path, to: &Path) -> Result<()> {
    let file = fs::File::create(to).step_on("create", to)?;
    let mut find = Command::new("find")
        .arg(".")
        .current_dir(work)
        .stdout(Stdio::piped())
        .spawn()
        .step("start find")?;
    let names = find.stdout.take().map_or_else(Stdio::null, Stdio::from);
    let mut cpio = Command::new("cpio");
    cpio.args(["--create", "--quiet", "--format=newc"]).current_dir(work).stdin(names).stdout(file);
    let status = cpio.status().step_on("start", Path::new("cpio"))?;
    find.wait().step("wait for find")?;
    if !status.success() {
        return Err(Failure::refusal("pack", to, status.to_string()));
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).step_on("copy", from).map(drop)
}
