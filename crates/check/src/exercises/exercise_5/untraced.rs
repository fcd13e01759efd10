//! Runs without a tracer. A program can find out in many ways that it is traced, and lock only then. Here the judge
//! looks at what the program does when it is not traced.
//!
//! - Two additions at once: each adds so often that, without a lock, some are lost.
//! - Transfers at once: each moves money only once, so they seldom meet.
//! - An addition, or a transfer, beside a traced one that is stopped between its load and its store. So the two always
//!   meet.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use explore::beside_untraced::{Beside, Over, Standpoint, beside_untraced, point_number};
use explore::kill_points::stores_in;
use sandbox::Sandbox;
use tracer::{Ending, Stop};

use super::alone::expect;
use super::together::names;
use super::{BALANCES, COUNTER, bank, bank_of, word};
use crate::exercises::{CheckContext, draw};
use crate::expect::said;
use crate::fixture::{FixtureBeside, SandboxedFixture};
use crate::observe::killed_for;
use crate::scenarios::{NEEDS, can_be_shown};
use crate::verdict::{CheckError, Finding, Verdict, failed};

/// How many processes add at once.
const COPIES: u32 = 2;
/// How many additions each of them makes first. If that does not take long enough, it makes more.
const FIRST: u64 = 500;
const MORE: u64 = 8;
const MOST: u64 = 1 << 28;
/// How much more CPU time than the cheapest run they must use. Without a lock, each then adds a million times
/// while the other one does, or is interrupted in the middle.
const ENOUGH: Duration = Duration::from_millis(50);
/// How long a run may take, by the clock, before it is the last: one in which processes sleep uses little.
const LONG: Duration = Duration::from_millis(400);

/// No addition is lost. A right program has the exact sum, however the processes run.
pub(super) fn additions(context: &mut CheckContext) -> Verdict {
    const PROMISE: &str = "two additions at once, without a tracer, lose nothing";
    let mut cheapest = Duration::MAX;
    let mut times = FIRST;
    while times <= MOST {
        let Some(Ended { took, used }) =
            if_it_can_be_made(context, PROMISE, |context| added(context, times))?
        else {
            return Ok(());
        };
        cheapest = cheapest.min(used);
        if used >= cheapest + ENOUGH || took >= LONG {
            return Ok(());
        }
        times *= MORE;
    }
    Ok(())
}

/// Makes a part of the check. `None`: this machine cannot make it, and the report says so.
fn if_it_can_be_made<T>(
    context: &mut CheckContext,
    promise: &str,
    part: impl FnOnce(&mut CheckContext) -> Verdict<T>,
) -> Verdict<Option<T>> {
    match part(context) {
        Err(CheckError::Cannot(why)) => {
            context.could_not_be_made(promise, why);
            Ok(None)
        }
        made => made.map(Some),
    }
}

fn added(context: &mut CheckContext, times: u64) -> Verdict<Ended> {
    context.new_work_directory()?.write("FILE", &bank())?;
    let calls =
        vec![["add", "FILE", &times.to_string()].map(str::to_owned).into(); COPIES as usize];
    let called = format!("{COPIES} times `add FILE {times}` at once, in a run without a tracer");
    let ended = at_once(context, &calls, &called)?;
    let right = COUNTER + u64::from(COPIES) * times;
    match word(&context.read("FILE")?, 0).unwrap_or_default() {
        found if found == right => Ok(ended),
        found => failed(
            "lost-addition",
            format!("{called}: the counter, which was {COUNTER} before, holds {right}"),
            format!("it holds {found}; lost additions: {}", right.saturating_sub(found)),
        ),
    }
}

/// The processes have all succeeded.
struct Ended {
    took: Duration,
    used: Duration,
}

/// Runs the program with each of these lists of arguments, all at once. `called` says what that is.
fn at_once(context: &CheckContext, calls: &[Vec<String>], called: &str) -> Verdict<Ended> {
    let limits = context.limits().of_several(calls.len());
    let mut calls = calls.iter().map(|call| call.iter().map(OsString::from));
    let first = context.start_os(calls.next().into_iter().flatten());
    let start = calls.fold(first, |start, call| start.beside(call));
    let mut sandbox = Sandbox::new(context.work_directory(), limits, false)?;
    let began = Instant::now();
    let pid = sandbox.start(&start)?;
    let mut waiting = None;
    while let Some(stop) = sandbox.wait()? {
        if let Stop::Exited(_, ending) = stop {
            waiting = Some(ending);
        }
    }
    let took = began.elapsed();
    if let Some(limit) = sandbox.limit_exceeded()? {
        return Err(killed_for(limit, format!("{called}, end"), "together they"));
    }
    // Those that waited for the processes have used next to nothing themselves.
    let used = sandbox.used(pid).map(|used| used.cpu_time).unwrap_or_default();
    let complaint = sandbox.outputs(pid).1.text();
    drop(sandbox);
    // The process that has waited for them is the judge's own.
    match waiting {
        Some(Ending::Exited(0)) => Ok(Ended { took, used }),
        Some(Ending::Killed(libc::SIGKILL)) => {
            let seen = "at least one of them fails";
            let finding = Finding::new("fails-beside-another", format!("{called}, succeed"), seen);
            Err(finding.details(said(&complaint)).into())
        }
        _ => Err(CheckError::Cannot("the judge did not see how the processes ended".into())),
    }
}

/// How many transfers are made at once at most, and how much CPU time their starts may use.
const TRANSFERS: u32 = 24;
const STARTS: Duration = Duration::from_millis(150);

/// Transfers between two accounts, to and fro, all at once: the balances are right in the end.
pub(super) fn transfers(context: &mut CheckContext) -> Verdict {
    const PROMISE: &str = "transfers at once, without a tracer, lose no money and make no money";
    if_it_can_be_made(context, PROMISE, |context| {
        let start = context.start_up()?.max(Duration::from_micros(1));
        let count = (STARTS.as_micros() / start.as_micros()).clamp(2, TRANSFERS.into());
        let (one, other) = two_accounts(context);
        let mut balances = drawn_balances(context);
        context.new_work_directory()?.write("FILE", &bank_of(COUNTER, balances))?;
        let mut calls = Vec::new();
        for _ in 0..count {
            let back = draw::number(context, 0..2) == 1;
            let (from, to) = if back { (other, one) } else { (one, other) };
            let amount = draw::number(context, 1..1000) as u64;
            calls.push(transfer(from, to, amount));
            balances[from] -= amount;
            balances[to] += amount;
        }
        let (one, other) = (one + 1, other + 1);
        let called = format!(
            "{count} transfers at once between accounts {one} and {other}, in a run without a tracer"
        );
        at_once(context, &calls, &called)?;
        expect(context, COUNTER, balances, "lost-money", &called)
    })
    .map(drop)
}

/// Two accounts, counted from 0.
fn two_accounts(context: &CheckContext) -> (usize, usize) {
    let one = draw::number(context, 0..BALANCES.len());
    (one, (one + draw::number(context, 1..BALANCES.len())) % BALANCES.len())
}

/// More in each account than all transfers move.
fn drawn_balances(context: &CheckContext) -> [u64; 8] {
    [(); 8].map(|()| draw::number(context, 1 << 20..1 << 40) as u64)
}

/// The arguments of a transfer between two accounts, counted from 0.
fn transfer(from: usize, to: usize, amount: u64) -> Vec<String> {
    let numbers = [from as u64 + 1, to as u64 + 1, amount].map(|number| number.to_string());
    ["transfer", "FILE"].map(str::to_owned).into_iter().chain(numbers).collect()
}

/// What is promised of an untraced process beside a traced one.
const BESIDE: &str = "an addition or a transfer without a tracer, beside one that is stopped between its load and its store, \
                      loses and makes nothing";
/// A process that has waited for this long may fail.
const MAY_FAIL: Duration = Duration::from_millis(400);

/// While a traced addition or transfer is stopped just before it stores, an untraced one runs. The second untraced
/// transfer moves money back.
pub(super) fn beside_a_traced_one(context: &mut CheckContext) -> Verdict {
    if_it_can_be_made(context, BESIDE, |context| {
        if !can_be_shown(context) {
            return Err(CheckError::Cannot(NEEDS.into()));
        }
        let amount = || draw::number(context, 1..1000) as u64;
        let (from, to) = two_accounts(context);
        let transfer = |from, to| Call::Transfer { from, to, amount: amount() };
        let add = || Call::Add { times: amount() };
        let mut stopped = Stopped { context, point: None };
        stopped.while_another(transfer(from, to), transfer(from, to))?;
        stopped.while_another(transfer(from, to), transfer(to, from))?;
        Stopped { context, point: None }.while_another(Call::Add { times: 1 }, add())
    })
    .map(drop)
}

/// A call of the program that succeeds.
#[derive(Clone, Copy)]
enum Call {
    Add {
        times: u64,
    },
    /// Accounts are counted from 0.
    Transfer {
        from: usize,
        to: usize,
        amount: u64,
    },
}

impl Call {
    fn arguments(self) -> Vec<String> {
        match self {
            Self::Add { times } => ["add", "FILE", &times.to_string()].map(str::to_owned).into(),
            Self::Transfer { from, to, amount } => transfer(from, to, amount),
        }
    }

    /// What it does to the counter and the accounts.
    fn does(self, counter: &mut u64, balances: &mut [u64; 8]) {
        match self {
            Self::Add { times } => *counter += times,
            Self::Transfer { from, to, amount } => {
                balances[from] -= amount;
                balances[to] += amount;
            }
        }
    }
}

/// A traced process that is stopped before it stores.
struct Stopped<'c, 'a> {
    context: &'c CheckContext<'a>,
    /// How many preemption points it comes to before it stores, the store included.
    point: Option<usize>,
}

impl Stopped<'_, '_> {
    /// Stops the process of `call`, and lets the untraced process of `other` run.
    fn while_another(&mut self, call: Call, other: Call) -> Verdict {
        let (context, mut balances) = (self.context, drawn_balances(self.context));
        let (file, mut counter) = (bank_of(COUNTER, balances), COUNTER);
        for call in [call, other] {
            call.does(&mut counter, &mut balances);
        }
        let [call, other] = [call, other].map(Call::arguments);
        let fixture = fixture_beside(context, &other)?;
        let stand = Standpoint {
            before: |operation| stores_in(operation, 0, 72),
            names,
            spins_after: 3 * context.start_up()? + ENOUGH,
        };
        let arguments: Vec<&str> = call.iter().map(String::as_str).collect();
        if self.point.is_none() {
            self.point = point_number(&fixture, &file, &arguments, stand)?;
        }
        let come = match self.point {
            Some(point) => beside_untraced(&fixture, &file, &arguments, point, stand)?,
            None => Beside::NoStand,
        };
        match come {
            Beside::Over(over) if !over.succeeded && over.stood >= MAY_FAIL => late(),
            Beside::Over(over) => judged(&over, [&call, &other], (counter, balances)),
            Beside::NoStand => Err(CheckError::Cannot(format!(
                "the judge did not see `{}` store in the counter or in an account, so it could not stop it there",
                call.join(" ")
            ))),
            Beside::Late => late(),
        }
    }
}

fn late() -> Verdict {
    let why = "one of the two processes was too slow: try again on a machine that is less busy";
    Err(CheckError::Cannot(why.into()))
}

/// The fixture of the process that is stopped, and of an untraced process with these arguments.
fn fixture_beside<'a>(context: &CheckContext<'a>, beside: &[String]) -> Verdict<FixtureBeside<'a>> {
    let fixture = context.fixture(&beside.join("-"))?;
    // There are two processes, and a traced process in a namespace counts twice.
    let limits = fixture.limits.of_several(3);
    // If the two wait for each other, a limit says so.
    let deadline = fixture.deadline + limits.wall;
    Ok(FixtureBeside {
        fixture: SandboxedFixture { limits, deadline, ..fixture },
        beside: beside.into(),
    })
}

/// Whether both have succeeded, and whether FILE holds what one after the other leaves.
fn judged(
    over: &Over,
    [call, other]: [&[String]; 2],
    (counter, balances): (u64, [u64; 8]),
) -> Verdict {
    let [call, other] = [call, other].map(|call| format!("`{}`", call.join(" ")));
    let both = format!("{call} (traced) and {other} (not traced)");
    let told = |finding: Finding| {
        let how = format!(
            "{call} was stopped just before it {}. {other} ran until it ended or waited. Then both went \
             on. When both are traced, the same program is right",
            over.stood_before
        );
        Err(CheckError::from(finding.details([how])))
    };
    if let Some(limit) = over.limit_exceeded {
        return Err(killed_for(limit, format!("{both} end"), "together they"));
    }
    if !over.succeeded {
        let seen = match over.actor {
            Some(Ending::Exited(0)) => format!("{other} fails"),
            Some(ending) => format!("{call}: {ending}"),
            None => format!("{call} does not"),
        };
        let finding = Finding::new("fails-beside-another", format!("{both} succeed"), seen);
        return told(finding.details(said(&String::from_utf8_lossy(&over.complaint))));
    }
    let file = over.file.as_deref().unwrap_or_default();
    let right = [counter].into_iter().chain(balances);
    let wrong = right.enumerate().find(|(number, right)| word(file, 8 * number) != Some(*right));
    let Some((number, right)) = wrong else { return Ok(()) };
    let seen = word(file, 8 * number)
        .map_or("FILE is too short".into(), |seen| format!("it holds {seen}"));
    let place = names(8 * number as u64).0;
    let id = if number == 0 { "lost-addition" } else { "lost-money" };
    told(Finding::new(id, format!("{both}: in the end {place} holds {right}"), seen))
}
