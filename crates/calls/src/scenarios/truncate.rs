//! Scenarios of `truncate`.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, outcome};
use nix::unistd::{ftruncate, truncate};

use super::Scenarios;

pub(super) const SCENARIOS: Scenarios =
    &[("truncate-forbidden", truncate_forbidden), ("truncate-read-only", truncate_read_only)];

/// `truncate` of a file whose mode lets no one write, and of one in a directory that no one may search.
fn truncate_forbidden() -> Result<()> {
    for name in ["read-only", "locked/file", "free"] {
        println!("{name} {}", outcome(&truncate(name, 1).map_err(Into::into)));
    }
    Ok(())
}

/// A file that is open for writing becomes read-only by its mode. Both calls then shorten it.
fn truncate_read_only() -> Result<()> {
    let path = Path::new("own");
    let file = File::create(path).step_on("create", path)?;
    let mut permissions = file.metadata().step_on("stat", path)?.permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions).step_on("chmod", path)?;
    println!("ftruncate {}", outcome(&ftruncate(&file, 2).map_err(Into::into)));
    println!("truncate {}", outcome(&truncate(path, 1).map_err(Into::into)));
    println!("size {}", file.metadata().step_on("stat", path)?.len());
    Ok(())
}
