//! Scenarios of seals.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use common::{Context, Result, outcome, page_size};
use lesson_1_mapping_a_file::sys::MmapCall;
use lesson_5_races_and_semaphores::sys::in_a_forked_child;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use super::Scenarios;

pub(super) const SCENARIOS: Scenarios = &[("sealed-and-inherited", sealed_and_inherited)];

/// A child is forked after the seal, and stores through the mapping that its parent made before the seal.
fn sealed_and_inherited() -> Result<()> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let file: File = memfd_create("sealed", flags).map(OwnedFd::into).step("memfd_create")?;
    file.set_len(page_size() as u64).step("ftruncate")?;
    let area = MmapCall::shared(&file, page_size()).make().step("mmap")?;
    fcntl(&file, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_FUTURE_WRITE)).step("fcntl")?;
    println!("new-mapping {}", outcome(&MmapCall::shared(&file, page_size()).make()));
    let status = in_a_forked_child(|| {
        area.store(0, 9);
        0
    });
    println!("child {}", status.step("fork")?);
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0).step("read")?;
    println!("byte {}", byte[0]);
    Ok(())
}
