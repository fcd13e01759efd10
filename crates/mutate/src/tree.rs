//! The copy of the sources in `target/mutate/tree`, in which claims are changed. The checkout itself
//! stays as it is.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Context, Failure, Result};

use crate::claims::Claim;

/// The copy and its target directory.
pub(crate) struct Tree {
    root: PathBuf,
    /// The copy of the checkout.
    pub(crate) copy: PathBuf,
    /// What cargo builds of the copy.
    pub(crate) target: PathBuf,
}

impl Tree {
    /// Copies the checkout at `root`: what git knows, and what git does not ignore. What the checkout
    /// has built of other packages is used again.
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let place = root.join("target/mutate");
        let tree =
            Self { root: root.into(), copy: place.join("tree"), target: place.join("target") };
        // Cargo compares times: without the copy, it would take an old changed program for a new one.
        if !(tree.copy.is_dir() && tree.target.is_dir()) {
            for directory in [&tree.copy, &tree.target] {
                remove(directory)?;
            }
            tree.reuse()?;
            fs::create_dir_all(&tree.copy).step_on("make", &tree.copy)?;
        }
        Ok(tree)
    }

    /// Whether the tests' files have no disk, so that no page of them ever becomes clean, or the kernel
    /// counts their pages elsewhere.
    pub(crate) fn has_no_disk(&self) -> Result<bool> {
        let scratch =
            std::env::var_os("LESSON_SCRATCH").map_or_else(|| self.copy.clone(), PathBuf::from);
        Ok(["tmpfs", "overlayfs"].contains(&common::file_system(&scratch)?))
    }

    /// Makes the copy equal to the checkout, with one change in each of `claims`: the place `next` of
    /// the claim.
    pub(crate) fn write<'a>(&self, claims: impl Iterator<Item = (&'a Claim, usize)>) -> Result<()> {
        let mut changes: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (claim, next) in claims {
            changes.entry(&claim.file).or_default().push(&claim.places[next]);
        }
        let files = self.files()?;
        self.remove_others(&self.copy, &files)?;
        for file in &files {
            let (from, to) = (self.root.join(file), self.copy.join(file));
            match changes.get_mut(file.to_string_lossy().as_ref()) {
                None => copy(&from, &to)?,
                Some(places) => {
                    let mut text = fs::read_to_string(&from).step_on("read", &from)?;
                    places.sort_by_key(|place| std::cmp::Reverse(place.start()));
                    places.dedup_by_key(|place| place.start()); // Two claims may call one function.
                    places.iter().for_each(|place| place.apply(&mut text));
                    write(&to, text.as_bytes())?;
                }
            }
        }
        Ok(())
    }

    /// The files of the checkout, from its root.
    fn files(&self) -> Result<HashSet<PathBuf>> {
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let output = git.current_dir(&self.root).output().step("start git")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Failure::refusal("list the files of", &self.root, said));
        }
        let names = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let files = names.map(|name| PathBuf::from(OsStr::from_bytes(name)));
        // A file that is removed, but still known to git, is not copied.
        Ok(files.filter(|file| self.root.join(file).is_file()).collect())
    }

    /// Removes the files of the copy that the checkout no longer has.
    fn remove_others(&self, directory: &Path, files: &HashSet<PathBuf>) -> Result<()> {
        for entry in fs::read_dir(directory).step_on("list", directory)? {
            let path = entry.step_on("list", directory)?.path();
            let inside = path.strip_prefix(&self.copy).unwrap_or(&path);
            if path.is_dir() && !path.is_symlink() {
                if inside != Path::new("target") {
                    self.remove_others(&path, files)?;
                }
            } else if !files.contains(inside) {
                fs::remove_file(&path).step_on("remove", &path)?;
            }
        }
        Ok(())
    }

    /// Gives the new target directory what the checkout has built: hard links to the libraries, which
    /// the compiler replaces and never changes, and copies of what cargo notes about them.
    fn reuse(&self) -> Result<()> {
        let (from, to) = (self.root.join("target/debug"), self.target.join("debug"));
        for directory in [".fingerprint", "build", "deps"] {
            fs::create_dir_all(to.join(directory)).step_on("make", &to)?;
        }
        copy_all(&from.join(".fingerprint"), &to.join(".fingerprint"))?;
        copy_all(&from.join("build"), &to.join("build"))?;
        let Ok(libraries) = fs::read_dir(from.join("deps")) else { return Ok(()) };
        for library in libraries.filter_map(std::result::Result::ok) {
            let extension = library.path().extension().map(OsStr::to_owned);
            if extension.is_some_and(|e| e == "rlib" || e == "rmeta" || e == "so") {
                // Without a link, cargo builds the library again.
                let _ = fs::hard_link(library.path(), to.join("deps").join(library.file_name()));
            } else if library.path().extension().is_some_and(|e| e == "d") {
                copy(&library.path(), &to.join("deps").join(library.file_name()))?;
            }
        }
        Ok(())
    }
}

/// Copies a directory with its times.
fn copy_all(from: &Path, to: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
    fs::create_dir_all(to).step_on("make", to)?;
    for entry in entries {
        let path = entry.step_on("list", from)?.path();
        let copied = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() { copy_all(&path, &copied)? } else { copy(&path, &copied)? }
    }
    Ok(())
}

/// Copies a file, unless the copy has the same bytes. A new copy has the time of its original, so that
/// cargo finds what is built of it up to date; a file that replaces another one has the present time.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).step_on("read", from)?;
    let is_new = !to.exists();
    write(to, &bytes)?;
    let meta = fs::metadata(from).step_on("look at", from)?;
    fs::set_permissions(to, meta.permissions()).step_on("set the permissions of", to)?;
    if is_new {
        let time = meta.modified().step_on("ask for the time of", from)?;
        let file = fs::File::options().append(true).open(to).step_on("open", to)?;
        file.set_modified(time).step_on("set the time of", to)?;
    }
    Ok(())
}

/// Writes a file, unless it has these bytes.
fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory).step_on("make", directory)?;
    }
    fs::write(file, bytes).step_on("write", file)
}

fn remove(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).step_on("remove", directory)
        }
        _ => Ok(()),
    }
}
