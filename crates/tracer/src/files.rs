//! Which file a descriptor is of.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::{fs, io};

use nix::unistd::Pid;

use crate::file_handle::file_handle;
use crate::look::{LookRefused, look, read_text_of_a_part};

/// A file's identity, whatever its names. A file that is removed may give its inode's number to the
/// next one, in the same millisecond: only the kernel's handle tells the two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// The device it is on, as `stat` tells it.
    pub device: u64,
    inode: u64,
    /// Made from its handle, which holds the inode's generation; 0 where the file system has none.
    handle: u64,
}

impl FileId {
    /// The identity of an open file.
    ///
    /// # Errors
    /// Those of `stat`.
    pub fn of(file: impl AsFd) -> io::Result<Self> {
        let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
        Ok(Self::named(path.as_ref(), &fs::metadata(&path)?, true))
    }

    /// The file at `path`; of a link, the link itself. `None` if nothing is there.
    ///
    /// # Errors
    /// [`LookRefused`]: those of `lstat` but for ENOENT and ENOTDIR. What is there is not known then.
    pub fn at(path: &Path) -> io::Result<Option<Self>> {
        match fs::symlink_metadata(path) {
            Ok(metadata) => Ok(Some(Self::named(path, &metadata, false))),
            Err(error) => match error.raw_os_error() {
                Some(libc::ENOENT | libc::ENOTDIR) => Ok(None),
                _ => Err(LookRefused::of(path.display().to_string(), error)),
            },
        }
    }

    fn named(path: &Path, metadata: &fs::Metadata, follow: bool) -> Self {
        let handle = file_handle(path, follow).map_or(0, |handle| {
            let mut hasher = DefaultHasher::new();
            handle.hash(&mut hasher);
            hasher.finish()
        });
        Self { device: metadata.dev(), inode: metadata.ino(), handle }
    }
}

/// What a process's descriptor is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Which file.
    pub file: FileId,
    /// Whether that is a regular file.
    pub regular: bool,
    /// Its length at that moment.
    pub length: u64,
    /// The flags of `open`, as `/proc/PID/fdinfo` tells them.
    pub flags: i32,
}

impl Opened {
    /// What the descriptor is of now; `None` if it is none.
    ///
    /// # Errors
    /// As [`look()`].
    pub fn by(pid: Pid, descriptor: i32) -> io::Result<Option<Self>> {
        let path = format!("/proc/{pid}/fd/{descriptor}");
        let Some(metadata) = look(pid, &path, fs::metadata(&path))? else { return Ok(None) };
        let (file, length) = (FileId::named(path.as_ref(), &metadata, true), metadata.len());
        let path = format!("/proc/{pid}/fdinfo/{descriptor}");
        let Some(about) = read_text_of_a_part(pid, &path)? else { return Ok(None) };
        let flags = about.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok());
        let flags = flags.ok_or_else(|| io::Error::other(format!("no flags in {path}")))?;
        Ok(Some(Self { file, regular: metadata.is_file(), length, flags }))
    }

    /// Whether stores or writes through it are allowed.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.flags & libc::O_ACCMODE != libc::O_RDONLY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_may_not_be_looked_at_is_not_taken_for_none() {
        let directory = std::env::temp_dir().join(format!("file-id-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let round = directory.join("round");
        std::os::unix::fs::symlink("round", &round).unwrap();
        let seen = FileId::at(&round.join("FILE"));
        let missing = FileId::at(&directory.join("FILE"));
        let below = FileId::at("/dev/null".as_ref()).is_ok_and(|found| found.is_some());
        fs::remove_dir_all(&directory).unwrap();
        let seen = seen.unwrap_err();
        assert!(seen.get_ref().is_some_and(|inner| inner.is::<LookRefused>()), "{seen}");
        assert_eq!(missing.unwrap(), None);
        assert!(below);
    }
}
