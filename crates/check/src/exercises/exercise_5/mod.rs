//! Exercise 5: `add` and `transfer`, races and semaphores.

mod alone;
mod crowd;
mod diagnoses;
mod killed;
mod own_lock;
mod together;
mod untraced;
mod waiting;

use std::thread;
use std::time::Duration;

use common::Failure;
use tracer::processors;

use super::model::{ORDERINGS, REFERENCES, STRANDED};
use super::{Check, CheckContext, Exercise};
use crate::fixture::SandboxedFixture;
use crate::scenarios::{NEEDS, can_be_shown};
use crate::verdict::{CheckError, Verdict, all_of};

/// `add FILE TIMES` and `transfer FILE FROM TO AMOUNT`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 5,
    lesson: "lesson-5-races-and-semaphores",
    title: "add and transfer",
    minutes: 120,
    usage: &["exercise-5 add FILE TIMES", "exercise-5 transfer FILE FROM TO AMOUNT"],
    core: CORE,
    edges: EDGES,
    two_at_a_time: true,
    checks: CHECKS,
    diagnoses: diagnoses::DIAGNOSES,
    not_judged: &[ORDERINGS, STRANDED, REFERENCES],
    scenarios: together::scenarios,
};

const CORE: &str = "\
FILE is 4096 bytes. Bytes 1024 to 2047 are free for your lock. The judge hands over files that exist, with \
balances set and these bytes zero: zero means \"no lock made yet\". Whichever process comes \
first makes a missing FILE, gives an empty FILE its 4096 bytes, and leaves zeros in it.\n\n\
Which kind of lock you take is free. Locks on files, futexes, and mutexes and semaphores in FILE work. \
The judge allows no network socket, no connection to a Unix socket with an abstract name, no signal to another \
process, and no named semaphore (it is a file in /dev/shm).\n\n\
`add` adds 1 to the counter, the u64 at byte 0, TIMES times. `transfer` moves AMOUNT from account FROM to account TO. The \
accounts are 1 to 8: the u64 at byte 8 times its number, in the byte order of the machine. If FROM holds too \
little, `transfer` fails and changes nothing.\n\n\
Any number of both run at once, each process started by itself. In every interleaving, no addition is lost, \
no account goes below zero, and the sum of the accounts stays. If one is killed with SIGKILL at any point, \
all others still finish within 5 seconds each, even if further processes start, one after another or at once, and \
nothing that these do is lost (a transfer that was killed may stay half done). So store the counter and each account by one store of 8 \
bytes: a process can be killed between two stores. Time in which a process waits for a processor does not count. A robust mutex alone does not ensure that: see \"A stranded sleeper\" in the lesson. \
(The judge does not try this one case.) While another process is stopped inside its critical section for \
500 ms, a process that waits uses at most 50 ms of processor time and 1000 system calls. (If it looks again and again, \
let it sleep for 5 ms or more in between.) It never goes on \
without the lock, however long the other one stands there.";

const EDGES: &str = "\
Equal accounts, or others than 1 to 8, are wrong calls. If TO would pass the largest u64, that is a failure. \
AMOUNT 0 and TIMES 0 succeed. A number above 2⁶⁴−1 is a wrong call. A new FILE has mode 0600. A FILE of any \
other size is a failure. A `transfer` that fails may leave a new FILE zeroed.";

const CHECKS: &[Check] = &[
    Check::new("adds", "`add` adds 1 to the counter, TIMES times", 10, &[], alone::adds),
    Check::new(
        "transfers",
        "`transfer` moves money, or fails and changes nothing",
        10,
        &[],
        alone::transfers,
    ),
    Check::new(
        "additions",
        "two additions at once, each stopped at most once (two switches), at any of its stores: \
         none is lost",
        18,
        &["adds"],
        together::additions,
    )
    .everywhere(),
    Check::new(
        "transfers-at-once",
        "two transfers at once, each stopped at most once (two switches), at any of its stores: \
         no money is lost or made",
        12,
        &["transfers"],
        together::transfers,
    )
    .everywhere(),
    Check::new(
        "crowd",
        "six processes at once, as fast as they can, and some without a tracer: nothing is lost",
        4,
        &["additions", "transfers-at-once"],
        crowd::crowd,
    )
    .everywhere(),
    Check::new(
        "makes",
        "a missing FILE is made, and an empty one is filled with zeros",
        4,
        &["adds"],
        alone::makes,
    ),
    Check::new(
        "kills",
        "killed before any of its stores or lock calls, a process holds up nobody, and the lock still lets in one \
         process at a time",
        12,
        &["adds", "transfers"],
        killed::kills,
    )
    .everywhere(),
    Check::new(
        "waiting",
        "a process that waits for a lock leaves the processor to others, and waits as long as the lock is held",
        10,
        &["adds", "transfers"],
        waiting::waiting,
    )
    .alone()
    .concurrent(),
    Check::new("zero", "AMOUNT 0 and TIMES 0 succeed", 3, &["adds", "transfers"], alone::zero).edge(),
    Check::new(
        "overflow",
        "a transfer that would pass the largest u64 is a failure, and changes nothing",
        3,
        &["transfers"],
        alone::overflow,
    )
    .edge(),
    Check::new("mode", "a new FILE has mode 0600", 2, &["makes"], alone::mode).edge(),
    Check::new(
        "files",
        "a FILE of another size, or that is no regular file, is a failure, at once",
        4,
        &["adds"],
        alone::files,
    )
    .edge(),
    Check::new(
        "error-lines",
        "a transfer that fails gets one line that names FILE, and status 1",
        3,
        &["transfers"],
        alone::error_lines,
    )
    .edge(),
    Check::new(
        "calls",
        "a wrong call (a number above 2⁶⁴−1, equal accounts, …) gets one line of usage and status 2",
        5,
        &[],
        alone::calls,
    )
    .edge(),
];

pub(crate) use together::scenario_named;

/// What the counter holds in the files that the judge hands over.
const COUNTER: u64 = 41;
/// And the accounts.
const BALANCES: [u64; 8] = [100, 100, 100, 0, 5, 6, 7, u64::MAX / 2];

/// What a transfer moves that is stopped or killed.
const AMOUNT: u64 = 10;

/// What is said of FILE where processes run at once.
const FOUND: &str = "FILE: a regular file of 4096 bytes when the processes began";

/// A file as the judge hands it over.
fn bank() -> Vec<u8> {
    bank_of(COUNTER, BALANCES)
}

/// A file with this counter and these balances.
fn bank_of(counter: u64, balances: [u64; 8]) -> Vec<u8> {
    let mut bytes = vec![0; SIZE];
    let words = [counter].into_iter().chain(balances);
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_ne_bytes());
    }
    bytes
}

/// The size of a FILE, a number of the contract.
const SIZE: usize = 4 << 10;

/// The u64 at a byte.
fn word(file: &[u8], at: usize) -> Option<u64> {
    file.get(at..at + 8)?.try_into().ok().map(u64::from_ne_bytes)
}

/// What was seen of two calls of the program at once.
#[derive(Clone, Copy)]
struct Waited {
    /// Another process waited for the one that was stopped or killed, so that it held something.
    waited: bool,
    /// A part that was not made: what it promises, and why it was not made.
    not_made: Option<(&'static str, &'static str)>,
}

impl Waited {
    /// All was made.
    fn made(waited: bool) -> Self {
        Self { waited, not_made: None }
    }
}

/// Judges `add` and `transfer` at once, each in a place of its own, by stops that no schedule has. One word
/// can be changed without a lock. So it is enough if a process waits for one of the two; `stopped` says how
/// both were tried. They get this much more time than other checks.
fn both(
    context: &mut CheckContext,
    stopped: &str,
    more: Duration,
    judge: fn(&SandboxedFixture, &'static [&'static str]) -> Verdict<Waited>,
) -> Verdict {
    if context.settings().schedule.is_some() {
        return Err(CheckError::Cannot(
            "a schedule is replayed; it has no kills and no clock".into(),
        ));
    }
    if !can_be_shown(context) {
        return Err(CheckError::Cannot(NEEDS.into()));
    }
    let mut adder = (context.fixture("adder")?, &["add", "FILE", "1"][..]);
    let mut transferrer =
        (context.fixture("transferrer")?, &["transfer", "FILE", "1", "2", "10"][..]);
    adder.0.for_a_page = context.settings().for_a_page;
    transferrer.0.for_a_page = context.settings().for_a_page;
    adder.0.deadline += more;
    transferrer.0.deadline += more;
    let results: Vec<Verdict<Waited>> = thread::scope(|scope| {
        let jobs = [&adder, &transferrer];
        let threads = [0, 1].map(|place| {
            let (fixture, call) = jobs[place];
            scope.spawn(move || {
                processors::pin_at(place); // A processor for each, where there are several.
                judge(fixture, call)
            })
        });
        let panicked = || Failure::refusal("judge", adder.0.program, "a thread has panicked");
        let done = threads.map(|thread| thread.join().unwrap_or_else(|_| Err(panicked().into())));
        done.into()
    });
    let waited = all_of(results).map_err(|error| error.details([FOUND.to_owned()]))?;
    let nobody = |call: &[&str]| format!("nobody waited when `{}` {stopped}", call.join(" "));
    if let Some((promise, why)) = waited.iter().find_map(|waited| waited.not_made) {
        context.could_not_be_made(promise, why.into());
    }
    match waited.iter().map(|waited| waited.waited).collect::<Vec<_>>()[..] {
        [false, false] => {
            let [add, transfer] = [adder.1, transferrer.1].map(|call| call.join(" "));
            let why = format!("nobody waited when `{add}` or `{transfer}` {stopped}");
            return Err(CheckError::Skipped(why));
        }
        [false, _] => context.note(nobody(adder.1)),
        [_, false] => context.note(nobody(transferrer.1)),
        _ => {}
    }
    Ok(())
}
