//! Which process and which mapping: from what was typed.

use std::path::Path;

use common::{Context, Failure, Result};
use page_view::{Mapping, View, mappings_of, maps_file};

/// The number of a process.
pub(crate) fn process(typed: &str) -> Result<u32> {
    let no_number = |_| Failure::refusal("look at", Path::new(typed), "not a process's number");
    typed.parse().map_err(no_number)
}

/// Every mapping that `typed` names: by an address in it, by its name, or as the file itself.
pub(crate) fn mappings(pid: u32, typed: &str) -> Result<Vec<Mapping>> {
    let mut mappings = mappings_of(pid)?;
    let path = Path::new(typed);
    if let Some(address) = typed.strip_prefix("0x").filter(|_| !path.exists()) {
        let address = usize::from_str_radix(address, 16).map_err(std::io::Error::other);
        let address = address.step_on("find", path)?;
        mappings.retain(|mapping| mapping.addresses.contains(&address));
    } else {
        let mut named = mappings.clone();
        named.retain(|mapping| mapping.path.as_deref() == Some(typed));
        // A path leads to the file that is there now: a mapping of one that was there before is
        // another's, and bears the mark `(deleted)`.
        if !named.is_empty() && !path.is_file() {
            return Ok(named);
        }
        if let Some(first) = mappings.iter().find(|mapping| mapping.has_file()) {
            maps_file(first, path).step_on("open", path)?; // The file's own error, if it has one.
        }
        mappings.retain(|mapping| mapping.has_file() && maps_file(mapping, path).unwrap_or(false));
    }
    match mappings.is_empty() {
        true => Err(Failure::refusal("find", path, format!("process {pid} does not map it"))),
        false => Ok(mappings),
    }
}

/// What is known of each of these mappings.
pub(crate) fn views(pid: u32, typed: &str) -> Result<Vec<View>> {
    let mappings = mappings(pid, typed)?.into_iter();
    mappings.map(|mapping| View::at(pid, mapping.addresses.start)).collect()
}
