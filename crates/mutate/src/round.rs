//! Changes all claims at once, builds them once, and runs each. A claim whose change does not compile,
//! or is not reached on this machine, takes part in the next round with its next place.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{Failure, Result, say};

use crate::cargo::{self, Built};
use crate::claims::Claim;
use crate::proof::{self, Ending};
use crate::tree::Tree;

/// A test that takes longer is named at the end.
const SLOW: Duration = Duration::from_secs(20);

/// What became of a changed claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It failed, as it must, in this way.
    Red(&'static str),
    /// It passed, although the change was reached.
    Green,
    /// This machine cannot show it.
    LeftOut(String),
    /// It has no place that can be changed, compiles and is reached, for this reason.
    Unchangeable(&'static str),
}

/// A claim and what became of it.
#[derive(Debug)]
pub(crate) struct DecidedClaim {
    pub(crate) claim: Claim,
    pub(crate) fate: Fate,
    pub(crate) took: Duration,
    /// The place that was changed.
    place: usize,
}

impl DecidedClaim {
    /// Whether the test took long.
    pub(crate) fn is_slow(&self) -> bool {
        self.took > SLOW
    }

    /// The line of the report.
    fn line(&self) -> String {
        let name = self.claim.name();
        let change = self.claim.places.get(self.place).map_or_else(String::new, |place| {
            let (file, line) = (&self.claim.file, place.line);
            format!("{file}:{line}  {} -> {}", place.before, place.after)
        });
        match &self.fate {
            Fate::Red("") => format!("red    {name}: {change}"),
            Fate::Red(how) => format!("red    {name}: {change}  ({how})"),
            Fate::Green => format!("GREEN  {name}: {change}"),
            Fate::LeftOut(why) => format!("out    {name}: {why}"),
            Fate::Unchangeable(why) => format!("FAILED {name}: {why}"),
        }
    }
}

/// A claim that is not decided yet, and the place that is changed next.
struct Pending {
    claim: Claim,
    place: usize,
    /// What is wrong if there is no further place.
    why: &'static str,
}

impl Pending {
    fn end(self, fate: Fate, took: Duration) -> Result<DecidedClaim> {
        let decided = DecidedClaim { claim: self.claim, fate, took, place: self.place };
        say!("{}", decided.line())?;
        Ok(decided)
    }

    /// The claim with its next place.
    fn next(self, why: &'static str) -> Self {
        Self { place: self.place + 1, why, ..self }
    }

    fn has(&self, file: &str, line: usize) -> bool {
        let is_place = self.claim.places.get(self.place).is_some_and(|place| place.line == line);
        self.claim.file == file && (is_place || self.claim.lines.contains(&line))
    }
}

/// Decides all claims, in as many rounds as it takes.
pub(crate) fn all(tree: &Tree, claims: Vec<Claim>) -> Result<Vec<DecidedClaim>> {
    let why = "asserts nothing that can be changed here";
    let mut pending: Vec<_> =
        claims.into_iter().map(|claim| Pending { claim, place: 0, why }).collect();
    let mut decided = Vec::new();
    loop {
        let (left, exhausted): (Vec<_>, Vec<_>) =
            pending.into_iter().partition(|one| one.place < one.claim.places.len());
        for one in exhausted {
            let fate = Fate::Unchangeable(one.why);
            decided.push(one.end(fate, Duration::ZERO)?);
        }
        pending = left;
        if pending.is_empty() {
            return Ok(decided);
        }
        tree.write(pending.iter().map(|one| (&one.claim, one.place)))?;
        let packages: BTreeSet<_> = pending.iter().map(|one| one.claim.package.as_str()).collect();
        let built = cargo::build(tree, &packages)?;
        if built.errors.is_empty() {
            pending = run(tree, pending, &built, &mut decided)?;
        } else {
            pending = without_errors(pending, &built)?;
        }
    }
}

/// The claims, those with an error with their next place.
fn without_errors(pending: Vec<Pending>, built: &Built) -> Result<Vec<Pending>> {
    let is_wrong = |one: &Pending| built.errors.iter().any(|(file, line)| one.has(file, *line));
    if !pending.iter().any(is_wrong) {
        return Err(Failure::refusal("build", &PathBuf::from("the claims"), &built.said));
    }
    let why = "none of its changes compiles";
    let next = |one: Pending| if is_wrong(&one) { one.next(why) } else { one };
    Ok(pending.into_iter().map(next).collect())
}

/// Runs the claims, as many at a time as there are processors. Returns those whose change was not
/// reached, with their next place.
fn run(
    tree: &Tree,
    pending: Vec<Pending>,
    built: &Built,
    decided: &mut Vec<DecidedClaim>,
) -> Result<Vec<Pending>> {
    let count = pending.len();
    let queue: Vec<_> = pending.into_iter().map(|one| Mutex::new(Some(one))).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new((Vec::new(), Vec::new())));
    let work = |worker: usize| -> Result<()> {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed); // Each index is taken once.
            let Some(place) = queue.get(index) else { return Ok(()) };
            let Some(one) = lock(place).take() else { continue };
            match decide(tree, one, &built.programs, worker)? {
                Ok(claim) => lock(&done).0.push(claim),
                Err(again) => lock(&done).1.push(again),
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(count);
    let ended: Vec<_> = std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> =
            (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        threads.into_iter().map(|thread| thread.join()).collect()
    });
    for result in ended {
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    }
    let (now, again) = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    decided.extend(now);
    Ok(again)
}

/// Runs one claim. `Err` holds a claim whose change was not reached, with its next place.
fn decide(
    tree: &Tree,
    one: Pending,
    programs: &HashMap<(String, String), PathBuf>,
    worker: usize,
) -> Result<std::result::Result<DecidedClaim, Pending>> {
    let key = (one.claim.package.clone(), one.claim.program.clone());
    let missing =
        || Failure::refusal("build", &PathBuf::from(&key.0), "cargo lists no such program");
    let program = programs.get(&key).ok_or_else(missing)?;
    let log = tree.target.join(format!("log-{worker}"));
    let (ending, took) = proof::run(tree, &one.claim, program, &log)?;
    let is_indirect = one.claim.places[one.place].is_indirect;
    let fate = match ending {
        Ending::Red(how) => Fate::Red(how),
        Ending::Green if is_indirect && tree.has_no_disk()? => {
            Fate::LeftOut("the number does not matter on this file system".into())
        }
        Ending::Green => Fate::Green,
        Ending::LeftOut(why) => Fate::LeftOut(why),
        Ending::NotReached => return Ok(Err(one.next("none of its assertions is reached here"))),
    };
    one.end(fate, took).map(Ok)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
