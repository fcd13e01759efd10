//! Limits on addresses, memory, mappings and file sizes. A limit belongs to a process, so each
//! scenario is a process of its own.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rand::{SeedableRng, rngs::StdRng};

use crate::failures::outcome;
use crate::number;
use crate::sys::{Area, MmapCall};

const MIB: usize = 1 << 20;

/// Maps twice as many addresses as RLIMIT_AS allows, before and after the limit is set.
pub(super) fn address_space() -> Result<()> {
    let call = MmapCall { prot: libc::PROT_NONE, ..MmapCall::anonymous(2048 * MIB) };
    say!("before {}", outcome(call.make()))?;
    limit(Resource::RLIMIT_AS, 1024 * MIB)?;
    say!("after {}", outcome(call.make()))
}

/// Maps more than RLIMIT_DATA allows: private writable memory, which counts, and memory that does
/// not count.
pub(super) fn data() -> Result<()> {
    let path = Path::new("data");
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    file.set_len(64 * MIB as u64).step_on("ftruncate", path)?;
    let shared = MmapCall::shared(&file, 64 * MIB);
    let private = MmapCall { flags: libc::MAP_PRIVATE, ..shared };
    say!("before {}", outcome(private.make()))?;
    limit(Resource::RLIMIT_DATA, 8 * MIB)?;
    say!("private {}", outcome(private.make()))?;
    say!("anonymous {}", outcome(MmapCall::anonymous(64 * MIB).make()))?;
    say!("read-only {}", outcome(MmapCall { prot: libc::PROT_READ, ..private }.make()))?;
    say!("shared {}", outcome(shared.make()))
}

/// `write` with RLIMIT_FSIZE 0: an error and not SIGXFSZ, and no file is left.
pub(super) fn file_size() -> Result<()> {
    limit(Resource::RLIMIT_FSIZE, 0)?;
    let written = number::write(Path::new("new"), false, &mut StdRng::seed_from_u64(1));
    let errno = written.err().and_then(|failure| failure.errno());
    let (errno, left) = (errno.map(io::Error::from_raw_os_error), Path::new("new").exists());
    // The limit also applies to standard output if it is a file. Here it is a pipe.
    say!("write {}", outcome(errno.map_or(Ok(()), Err)))?;
    say!("left {left}")
}

/// Locks eight pages of memory where RLIMIT_MEMLOCK allows `pages`.
pub(super) fn locked(pages: usize) -> Result<()> {
    limit(Resource::RLIMIT_MEMLOCK, pages * page_size())?;
    let call = MmapCall::anonymous(8 * page_size());
    say!("unlocked {}", outcome(call.make()))?;
    say!("locked {}", outcome(MmapCall { flags: call.flags | libc::MAP_LOCKED, ..call }.make()))
}

/// Maps memory at address 0, which is the null pointer, and asks for page 1.
pub(super) fn low_address() -> Result<()> {
    let call = MmapCall::anonymous(page_size());
    let flags = call.flags | libc::MAP_FIXED_NOREPLACE;
    say!("address-zero {}", outcome(MmapCall { flags, ..call }.make()))?;
    let area = MmapCall { addr: page_size(), ..call }.make().step("mmap")?;
    say!("hint-of-page-one {}", area.address())
}

/// Makes one mapping after another until the kernel refuses.
pub(super) fn too_many_mappings() -> Result<()> {
    let allowed = allowed_mappings()?;
    let area = reserved(allowed + 1000)?;
    let page = MmapCall { prot: libc::PROT_READ, ..MmapCall::anonymous(page_size()) };
    let mut refusals = (0..allowed + 1000).step_by(2).map(|at| (at, area.replace(at, page)));
    let refused = refusals.find(|(_, result)| result.is_err());
    drop(area); // At the limit even a longer string has no memory.
    report(allowed, refused)
}

/// Makes one gap after another in a mapping until the kernel refuses to split it again.
pub(super) fn too_many_pieces() -> Result<()> {
    let allowed = allowed_mappings()?;
    let area = reserved(2 * allowed + 1000)?;
    let last = 2 * allowed + 999;
    let mut refusals = (1..last).step_by(2).map(|at| (at, area.unmap(at * page_size(), 1)));
    let refused = refusals.find(|(_, result)| result.is_err());
    let edge = area.unmap(last * page_size(), 1);
    drop(area);
    say!("last-page {}", outcome(edge))?;
    report(allowed, refused)
}

fn report(allowed: usize, refused: Option<(usize, io::Result<()>)>) -> Result<()> {
    let (at, result) = refused.unwrap_or((0, Ok(())));
    say!("allowed {allowed}")?;
    say!("refused-at-page {at}")?;
    say!("refused-with {}", outcome(result))
}

fn reserved(pages: usize) -> Result<Area> {
    let call = MmapCall { prot: libc::PROT_NONE, ..MmapCall::anonymous(pages * page_size()) };
    call.make().step("mmap")
}

fn allowed_mappings() -> Result<usize> {
    let path = Path::new("/proc/sys/vm/max_map_count");
    let text = fs::read_to_string(path).step_on("read", path)?;
    text.trim().parse().map_err(io::Error::other).step_on("parse", path)
}

fn limit(resource: Resource, bytes: usize) -> Result<()> {
    let (_, hard) = getrlimit(resource).step("getrlimit")?;
    setrlimit(resource, (bytes as u64).min(hard), hard).step("setrlimit")
}
