//! What a process may not have more of. Limits belong to the process, so each scene is one.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rand::{SeedableRng, rngs::StdRng};

use crate::failures::name_of;
use crate::number;
use crate::sys::{Area, Call};

const MIB: usize = 1 << 20;

/// Twice the addresses that the process may have, before and after the limit.
pub(super) fn address_space() -> Result<()> {
    let call = Call { prot: libc::PROT_NONE, ..Call::anonymous(2048 * MIB) };
    say!("before {}", name_of(call.make()))?;
    limit(Resource::RLIMIT_AS, 1024 * MIB)?;
    say!("after {}", name_of(call.make()))
}

/// Private writable memory above the limit for data, and what the limit does not count.
pub(super) fn data() -> Result<()> {
    let path = Path::new("data");
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    file.set_len(64 * MIB as u64).step_on("ftruncate", path)?;
    let shared = Call::shared(&file, 64 * MIB);
    let private = Call { flags: libc::MAP_PRIVATE, ..shared };
    say!("before {}", name_of(private.make()))?;
    limit(Resource::RLIMIT_DATA, 8 * MIB)?;
    say!("private {}", name_of(private.make()))?;
    say!("anonymous {}", name_of(Call::anonymous(64 * MIB).make()))?;
    say!("read-only {}", name_of(Call { prot: libc::PROT_READ, ..private }.make()))?;
    say!("shared {}", name_of(shared.make()))
}

/// `write` where no file may have a byte: an error, not SIGXFSZ, and no file left behind.
pub(super) fn file_size() -> Result<()> {
    limit(Resource::RLIMIT_FSIZE, 0)?;
    let written = number::write(Path::new("new"), false, &mut StdRng::seed_from_u64(1));
    let errno = written.err().and_then(|failure| failure.errno());
    let (errno, left) = (errno.map(io::Error::from_raw_os_error), Path::new("new").exists());
    // Standard output may be a file, which the limit would bind too: here it is a pipe.
    say!("write {}", name_of(errno.map_or(Ok(()), Err)))?;
    say!("left-behind {left}")
}

/// Eight pages of memory to be locked, where `pages` are allowed.
pub(super) fn locked(pages: usize) -> Result<()> {
    limit(Resource::RLIMIT_MEMLOCK, pages * page_size())?;
    let call = Call::anonymous(8 * page_size());
    say!("unlocked {}", name_of(call.make()))?;
    say!("locked {}", name_of(Call { flags: call.flags | libc::MAP_LOCKED, ..call }.make()))
}

/// Memory at address 0, where a null pointer would point to.
pub(super) fn low_address() -> Result<()> {
    let call = Call::anonymous(page_size());
    let flags = call.flags | libc::MAP_FIXED_NOREPLACE;
    say!("address-zero {}", name_of(Call { flags, ..call }.make()))?;
    let area = Call { addr: page_size(), ..call }.make().step("mmap")?;
    say!("wish-for-page-one {}", area.address())
}

/// One mapping more and more, until the system refuses.
pub(super) fn too_many_mappings() -> Result<()> {
    let allowed = allowed_mappings()?;
    let area = reserved(allowed + 1000)?;
    let page = Call { prot: libc::PROT_READ, ..Call::anonymous(page_size()) };
    let mut refusals = (0..allowed + 1000).step_by(2).map(|at| (at, area.replace(at, page)));
    let refused = refusals.find(|(_, result)| result.is_err());
    drop(area); // At the limit not even a longer string may be had.
    report(allowed, refused)
}

/// Gap after gap in one mapping, until the system refuses to split it.
pub(super) fn too_many_pieces() -> Result<()> {
    let allowed = allowed_mappings()?;
    let area = reserved(2 * allowed + 1000)?;
    let last = 2 * allowed + 999;
    let mut refusals = (1..last).step_by(2).map(|at| (at, area.unmap(at * page_size(), 1)));
    let refused = refusals.find(|(_, result)| result.is_err());
    let edge = area.unmap(last * page_size(), 1);
    drop(area);
    say!("last-page {}", name_of(edge))?;
    report(allowed, refused)
}

fn report(allowed: usize, refused: Option<(usize, io::Result<()>)>) -> Result<()> {
    let (at, result) = refused.unwrap_or((0, Ok(())));
    say!("allowed {allowed}")?;
    say!("refused-at-page {at}")?;
    say!("refused-with {}", name_of(result))
}

fn reserved(pages: usize) -> Result<Area> {
    let call = Call { prot: libc::PROT_NONE, ..Call::anonymous(pages * page_size()) };
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
