//! Opens the file behind another process's mapping, and never a different file of the same name.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::Mapping;
use crate::maps::own_mapping_at;
use crate::window::Window;
use common::page_size;

/// Opens the file that `mapping` of process `pid` maps. There are three ways: `/proc/PID/map_files`,
/// which needs a privilege; the path, if it still leads to the same file; and a descriptor that the
/// process has open. `None` if no way leads to the file.
pub(crate) fn open_mapped(pid: u32, mapping: &Mapping) -> Option<File> {
    if !mapping.has_file() {
        return None;
    }
    let (start, end) = (mapping.addresses.start, mapping.addresses.end);
    let entry = PathBuf::from(format!("/proc/{pid}/map_files/{start:x}-{end:x}"));
    let named = mapping.name.as_ref().map(PathBuf::from);
    let ways = [entry].into_iter().chain(named).chain(descriptors(pid, mapping.inode));
    ways.into_iter().find_map(|path| same_file(&path, mapping))
}

/// A file's device and inode, as `maps` prints them.
pub type Identity = ((i32, i32), u64);

/// The device and inode that `maps` prints for the file at `path`, to find the file among mappings.
///
/// # Errors
/// `ENOENT`, `EACCES` and what else `open` says; `EINVAL` if it is not a regular file.
pub fn identity_of(path: &Path) -> io::Result<Identity> {
    identity(&open_regular(path)?)
}

fn same_file(path: &Path, mapping: &Mapping) -> Option<File> {
    let file = open_regular(path).ok()?;
    (identity(&file).ok()? == (mapping.device, mapping.inode)).then_some(file)
}

/// The process's descriptors of files with this inode number. Links are followed; nothing is opened.
fn descriptors(pid: u32, inode: u64) -> impl Iterator<Item = PathBuf> {
    let listing = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let is_it = move |path: &PathBuf| fs::metadata(path).is_ok_and(|found| found.ino() == inode);
    listing.map(|entry| entry.path()).filter(is_it)
}

/// Opens a regular file for reading. A first open with `O_PATH` finds out what is there and has no
/// effect on it: no FIFO gets a reader, no device starts. A file under a lease is not opened, because
/// that would break the lease.
fn open_regular(path: &Path) -> io::Result<File> {
    let handle = OpenOptions::new().read(true).custom_flags(libc::O_PATH).open(path)?;
    let found = handle.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    if is_leased(found.ino()) {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    File::open(format!("/proc/self/fd/{}", handle.as_raw_fd()))
}

/// Whether `/proc/locks` has a lease on a file with this inode number.
fn is_leased(inode: u64) -> bool {
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let on_it = |line: &str| line.contains("LEASE") && line.contains(&format!(":{inode} "));
    locks.lines().any(on_it)
}

/// Maps a page of the file, without touching it, and looks it up in our own `maps`. On btrfs `stat`
/// has another device.
fn identity(file: &File) -> io::Result<Identity> {
    let window = Window::on(file, 0, page_size())?;
    let found = own_mapping_at(window.address()).map_err(io::Error::other)?;
    found.map(|found| (found.device, found.inode)).ok_or_else(|| io::ErrorKind::NotFound.into())
}
