//! Scenarios of `/proc/PID/maps` and its kin.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::parent_id;
use std::path::Path;

use common::{Context, Result, page_size, say};
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::MmapCall;

use super::{Scenarios, file};
use crate::own_memory::Mapping;
use crate::sys::Reserved;

pub(super) const SCENARIOS: Scenarios = &[
    ("maps-fields", fields),
    ("maps-names", names),
    ("maps-rename", renamed),
    ("maps-deleted", deleted),
    ("maps-two-names", two_names),
    ("maps-read-only-descriptor", read_only_descriptor),
    ("maps-of-the-parent", of_the_parent),
    ("map-files", map_files),
];

/// The line of `/proc/self/maps` for the mapping that begins at this range's byte 0.
fn line(range: &Reserved) -> Result<Vec<u8>> {
    let path = Path::new("/proc/self/maps");
    let text = fs::read(path).step_on("read", path)?;
    let start = format!("{:08x}-", range.address(0));
    let found = text.split(|byte| *byte == b'\n').find(|line| line.starts_with(start.as_bytes()));
    Ok(found.unwrap_or_default().to_vec())
}

/// What a line of maps says after the inode: the name.
fn name(line: &[u8]) -> String {
    let words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let before: usize = words.take(5).map(|word| word.len()).sum();
    let rest = String::from_utf8_lossy(&line[(before + 4).min(line.len())..]).into_owned();
    let path = rest.trim_start();
    // The directory differs from test to test.
    path.rsplit_once('/').map_or(path, |(_, name)| name).into()
}

fn fields() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(2).step("mmap")?);
    let file = file::of_pages("file", 4)?;
    range
        .map(0, MmapCall { offset: page as i64, ..MmapCall::shared(&file, 2 * page) })
        .step("mmap")?;
    let text = String::from_utf8_lossy(&line(&range)?).into_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    let [addresses, permissions, offset, _device, inode, ..] = words[..] else {
        return say!("line {text}");
    };
    let expected = format!("{:x}-{:x}", range.address(0), range.address(2 * page));
    say!("addresses {}", addresses == expected)?;
    say!("permissions {permissions}")?;
    say!("offset {}", u64::from_str_radix(offset, 16).is_ok_and(|number| number == page as u64))?;
    say!("inode {}", inode == file.metadata().step("fstat")?.ino().to_string())?;
    let path = std::env::current_dir().step("getcwd")?.join("file");
    say!("path {}", words.get(5).is_some_and(|word| Path::new(word) == path))
}

fn names() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    for (what, name_of_file) in
        [("newline", "a\nb"), ("space", "a b"), ("tab", "a\tb"), ("backslash", "a\\012b")]
    {
        let file = file::of_pages(name_of_file, 1)?;
        range.map(0, MmapCall::shared(&file, page)).step("mmap")?;
        say!("{what} {}", name(&line(&range)?))?;
    }
    Ok(())
}

fn renamed() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let file = file::of_pages("before", 1)?;
    range.map(0, MmapCall::shared(&file, page)).step("mmap")?;
    say!("before {}", name(&line(&range)?))?;
    fs::rename("before", "after").step("rename")?;
    say!("after {}", name(&line(&range)?))
}

fn deleted() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let file = file::of_pages("gone", 1)?;
    range.map(0, MmapCall::shared(&file, page)).step("mmap")?;
    fs::remove_file("gone").step("unlink")?;
    say!("removed {}", name(&line(&range)?))?;
    let file = file::of_pages("gone (deleted)", 1)?;
    range.map(0, MmapCall::shared(&file, page)).step("mmap")?;
    say!("there {}", name(&line(&range)?))
}

fn two_names() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    for (what, removed) in [("other-name-removed", "other"), ("opened-name-removed", "opened")] {
        let file = file::of_pages("opened", 1)?;
        fs::hard_link("opened", "other").step("link")?;
        range.map(0, MmapCall::shared(&file, page)).step("mmap")?;
        fs::remove_file(removed).step("unlink")?;
        say!("{what} {} link, {}", file.metadata().step("fstat")?.nlink(), name(&line(&range)?))?;
        fs::remove_file(if removed == "opened" { "other" } else { "opened" }).step("unlink")?;
    }
    Ok(())
}

fn read_only_descriptor() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(1).step("mmap")?);
    let both = file::of_pages("file", 1)?;
    let read_only = File::open("file").step("open")?;
    for (what, file, kind) in [
        ("open-for-both", &both, libc::MAP_SHARED),
        ("open-for-reading", &read_only, libc::MAP_SHARED),
        ("private", &both, libc::MAP_PRIVATE),
    ] {
        let call = MmapCall { prot: libc::PROT_READ, flags: kind, ..MmapCall::shared(file, page) };
        range.map(0, call).step("mmap")?;
        let mapping = Mapping::at(range.address(0))?;
        say!("{what} {} {}", mapping.permissions, mapping.has_flag("sh"))?;
    }
    Ok(())
}

fn of_the_parent() -> Result<()> {
    for name in ["maps", "smaps", "pagemap", "stat"] {
        say!("{name} {}", outcome(File::open(format!("/proc/{}/{name}", parent_id()))))?;
    }
    say!("own-maps {}", outcome(File::open("/proc/self/maps")))
}

fn map_files() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(2).step("mmap")?);
    let file = file::of_pages("file", 2)?;
    range.map(0, MmapCall::shared(&file, 2 * page)).step("mmap")?;
    let link = format!("/proc/self/map_files/{:x}-{:x}", range.address(0), range.address(2 * page));
    let target = fs::read_link(&link).step("readlink")?;
    say!("target {}", target.file_name() == Some(OsStr::from_bytes(b"file")))?;
    range.unmap(page, page).step("munmap")?;
    say!("after-munmap-of-a-part {}", outcome(fs::read_link(&link)))
}
