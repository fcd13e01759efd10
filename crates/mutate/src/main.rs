//! Changes what claims assert, and checks that each of them then fails: a claim that still passes proves nothing.
//! `cargo mutate 7`, or `just mutate 7`. The checkout stays as it is: the changes are made in a copy.
#![forbid(unsafe_code)]

mod cargo;
mod choose;
mod claims;
mod places;
mod proof;
mod round;
mod tree;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::ExitCode;

use common::clap::{self, Parser};
use common::{Failure, Result, say};

use crate::claims::Claim;
use crate::round::{DecidedClaim, Fate};
use crate::tree::Tree;

/// How many claims are changed if not all are.
const CLAIMS: usize = 30;

/// Change what claims assert, and check that each of them then fails.
#[derive(Parser)]
#[command(bin_name = "cargo mutate")]
struct Mutate {
    /// Chooses the claims and the changes; without it, a random seed, which is printed.
    #[arg(value_name = "SEED")]
    seed: Option<u64>,
    /// Change every claim, not only 30.
    #[arg(long)]
    all: bool,
    /// Change only claims of this package, such as `lesson-3-msync`.
    #[arg(long, value_name = "PACKAGE")]
    package: Vec<String>,
    /// Change only this claim: the name of its test.
    #[arg(long, value_name = "NAME")]
    claim: Vec<String>,
    /// Also change claims that only root can see.
    #[arg(long)]
    include_ignored: bool,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let options = Mutate::parse();
    if options.include_ignored && !nix::unistd::geteuid().is_root() {
        return Err(Failure::refusal("prove", Path::new("--include-ignored"), "it needs root"));
    }
    let seed = options.seed.unwrap_or_else(|| rand::random_range(0..1_000_000));
    let root = common::root()?;
    let known = wanted(claims::claims(&root)?, &options)?;
    let count = if options.all { known.len() } else { CLAIMS };
    let chosen = choose::choose(known, count, seed);
    say!("{} claims, seed {seed}", chosen.len())?;
    let decided = round::all(&Tree::of(&root)?, chosen)?;
    summary(&decided, seed)
}

/// The claims that the options ask for.
fn wanted(claims: Vec<Claim>, options: &Mutate) -> Result<Vec<Claim>> {
    let asked = |list: &[String], name: &str| list.is_empty() || list.iter().any(|one| one == name);
    let is_wanted = |claim: &Claim| {
        asked(&options.package, &claim.package)
            && asked(&options.claim, claim.name())
            && (options.include_ignored || !claim.is_ignored)
    };
    let known = |name: &String| claims.iter().any(|claim| claim.package == *name);
    if let Some(name) = options.package.iter().find(|name| !known(name)) {
        return Err(Failure::refusal("find the claims of", Path::new(name), "no such package"));
    }
    let wanted: Vec<_> = claims.into_iter().filter(is_wanted).collect();
    let missing = |name: &&String| !wanted.iter().any(|claim| claim.name() == *name);
    match options.claim.iter().find(missing) {
        Some(name) => {
            Err(Failure::refusal("find the claim", Path::new(name), "no such claim here"))
        }
        None => Ok(wanted),
    }
}

/// Says how many claims failed as they must.
///
/// # Errors
/// One did not.
fn summary(decided: &[DecidedClaim], seed: u64) -> Result<()> {
    let slow: Vec<_> = decided.iter().filter(|claim| claim.is_slow()).collect();
    if !slow.is_empty() {
        say!("\nmore than 20 s:")?;
    }
    for one in slow {
        say!("  {} s  {}", one.took.as_secs(), one.claim.name())?;
    }
    let left_out = decided.iter().filter(|one| matches!(one.fate, Fate::LeftOut(_))).count();
    let red = decided.iter().filter(|one| matches!(one.fate, Fate::Red(_))).count();
    let of = decided.len() - left_out;
    let not_shown =
        if left_out == 0 { "" } else { &format!(", {left_out} not shown on this machine") };
    say!("\n{red} of {of} red (seed {seed}){not_shown}")?;
    let bad = decided.iter().filter(|one| !matches!(one.fate, Fate::Red(_) | Fate::LeftOut(_)));
    let names: Vec<_> = bad.map(|one| one.claim.name()).collect();
    if of == 0 {
        return Err(Failure::refusal("mutate", Path::new("claims"), "no claim was tried"));
    }
    if !names.is_empty() {
        let why = format!("did not fail when changed. To repeat: cargo mutate {seed}");
        return Err(Failure::refusal("prove", Path::new(&names.join(" ")), why));
    }
    Ok(())
}
