//! Scenarios of `scanf`.

use std::fs;
use std::path::Path;

use common::{Context, Result, page_size, say};
use lesson_1_mapping_a_file::sys::MmapCall;

use super::Scenarios;
use crate::sys::Reserved;

pub(super) const SCENARIOS: Scenarios = &[("scanf-of-a-mapping", of_a_mapping)];

/// Reads the number in a mapped file in two ways. Standard input is the file `input`.
fn of_a_mapping() -> Result<()> {
    let (path, input) = (Path::new("number"), Path::new("input"));
    fs::write(path, "57").step_on("write", path)?;
    fs::write(input, "23").step_on("write", input)?;
    let input = fs::File::open(input).step_on("open", input)?;
    nix::unistd::dup2_stdin(&input).step("dup2")?;
    let file = fs::File::open(path).step_on("open", path)?;
    let range = Reserved::pages(1).step("mmap")?;
    let call = MmapCall { prot: libc::PROT_READ, ..MmapCall::shared(&file, page_size()) };
    range.map(0, call).step("mmap")?;
    let (result, number) = range.scanf(0, 22064);
    say!("scanf {result} {number}")?;
    let (result, number) = range.sscanf(0, 22064);
    say!("sscanf {result} {number}")
}
