//! One is killed before each of its stores and lock calls; the others must finish, and lose nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use explore::kill_points::{
    Calls, Change, Commits, KillWording, Killed, Untried, kill_points, stores_in,
};
use explore::operations::CallKind;
use explore::requests::Request;
use explore::table::Mark;
use explore::trace::{Event, EventKind, Returned};
use tracer::LimitExceeded;

use super::{AMOUNT, BALANCES, COUNTER, Waited, bank, both, together::names, word};
use crate::exercises::CheckContext;
use crate::expect::said;
use crate::fixture::SandboxedFixture;
use crate::observe::{diagnosis_of, killed_for};
use crate::scenarios::{how, waits_last};
use crate::verdict::{CheckError, Finding, Verdict};

/// How long the others have, says the contract.
const TIME: Duration = Duration::from_secs(5);

const ADD: &[&str] = &["add", "FILE", "1"];
const TRANSFER: &[&str] = &["transfer", "FILE", "1", "3", "10"];
/// What is done in FILE, and has ended, before some of the kills.
const BEFORE: [&[&str]; 2] = [&["add", "FILE", "3"], &["transfer", "FILE", "2", "3", "5"]];
/// And what comes after these kills.
const AFTER: [&[&str]; 2] = [&["transfer", "FILE", "3", "1", "20"], ADD];

pub(super) fn kills(context: &mut CheckContext) -> Verdict {
    // A program that hung in another check has less than `TIME` to hang again: not enough to be waited for.
    let wall = &mut context.limits_mut().wall;
    *wall = (*wall).max(2 * TIME);
    both(context, "was killed at any of its stores or lock calls", TIME, one)
}

/// All points of one victim.
fn one(fixture: &SandboxedFixture, victim: &'static [&'static str]) -> Verdict<Waited> {
    let adds = victim[0] == "add";
    let first = if adds { ADD } else { TRANSFER };
    let calls = Calls { victim, others: [first, ADD], before: BEFORE, after: AFTER };
    let wording = KillWording { names, marks, protects: |it| stores_in(it, 0, 72) };
    let (killed, untried) = kill_points(fixture, &bank(), calls, TIME, wording)?;
    let waited = Waited::made(killed.iter().any(|killed| killed.waited));
    for killed in killed {
        let Killed { before, stuck, late, limit_exceeded, failed, complaint, .. } = killed;
        let Killed { first, handed_on, like_the_first, later, before_two, file, .. } = killed;
        let Killed { has_gone_past, commits, table, timeline, events, .. } = killed;
        let when = when(victim, &before, commits.is_some());
        let told = |id, expected: String, seen: String| {
            let finding = Finding::new(id, format!("{when}; {expected}"), seen);
            let finding = finding.unless_denied(&events);
            Err(finding.table(table.clone()).timeline(timeline.clone()).into())
        };
        if let Some(seen) = spins(limit_exceeded, &events) {
            return told("orphaned-lock", "the others finish".into(), seen);
        }
        if let Some(limit) = limit_exceeded {
            let expected = format!("{when}; the others stay within the limits");
            return Err(killed_for(limit, expected, "together they"));
        }
        if let Some(seen) = stuck {
            let (id, seen) = why_stuck(seen, late);
            return told(id, "the others finish".into(), seen);
        }
        if let Some(how) = failed {
            let failed: Verdict<Waited> =
                told(why_failed(&events), "the others succeed".into(), how);
            let complaint = String::from_utf8_lossy(&complaint);
            return failed.map_err(|error| error.details(said(&complaint)));
        }
        if has_gone_past {
            continue; // The check of waiting judges that.
        }
        let sum = file.as_ref().and_then(|file| word(file, 0));
        let two_more = before_two.and_then(|file| word(&file, 0)).zip(sum);
        let two_more = two_more.and_then(|counts| not_kept_out(ADD, counts));
        let lost = lost_by_two(calls.others[0], [handed_on, first], &events);
        let lost = lost.or(two_more.map(|(expected, seen)| (KEPT_NOBODY_OUT, expected, seen)));
        if let Some((id, expected, seen)) = lost {
            let lost: Verdict<Waited> = told(id, expected, seen);
            return lost.map_err(|error| error.details(unrecoverable(&events)));
        }
        let least = COUNTER + u64::from(adds) * like_the_first + later;
        let wrong = match &commits {
            Some(commits) => undone(commits, &file.unwrap_or_default(), adds),
            None => not_counted(sum, least, adds, &events),
        };
        if let Some((id, expected, seen)) = wrong {
            return told(id, expected, seen);
        }
    }
    with_what_was_untried(waited, untried)
}

/// What was seen of kills that did no harm, if there was too little time for some.
fn with_what_was_untried(waited: Waited, untried: Untried) -> Verdict<Waited> {
    match untried {
        Untried::Nothing => Ok(waited),
        Untried::SomeKills => Err(CheckError::Cannot(TOO_BUSY.into())),
        Untried::SomeAfterCommits => {
            Ok(Waited { not_made: Some((NOTHING_UNDONE, TOO_BUSY)), ..waited })
        }
    }
}

/// Why a process fails after a kill: perhaps it has found half of a number in an account.
fn why_failed(events: &[Event]) -> &'static str {
    if in_steps(events).is_some() { "stored-in-steps" } else { "fails-after-a-kill" }
}

/// What is done to the victim, and when.
fn when(victim: &[&str], before: &str, has_commits: bool) -> String {
    let killed = format!("`{}` is killed just before it {before}", victim.join(" "));
    if !has_commits {
        return killed;
    }
    let [first, second] = BEFORE.map(|call| call.join(" "));
    format!("after `{first}` and `{second}` have ended, {killed}")
}

/// Whether the counter does not count the others: the diagnosis, what was expected, and what was seen. If the dead was
/// about to add, its addition may be there or not.
fn not_counted(
    sum: Option<u64>,
    least: u64,
    adds: bool,
    events: &[Event],
) -> Option<(&'static str, String, String)> {
    if sum.is_some_and(|sum| (least..=least + u64::from(adds)).contains(&sum)) {
        return None;
    }
    let seen = sum.map_or("there is none".into(), |sum| format!("it is {sum}"));
    let id = if in_steps(events).is_some() { "stored-in-steps" } else { "lost-addition" };
    Some((id, format!("the counter counts the others: {least} or more"), seen))
}

/// Whether FILE lacks what has ended before a kill or came after it: what was expected, and what was seen. Of the victim's
/// work, each number may be there or not, or be as the victim left it.
fn undone(commits: &Commits, file: &[u8], adds: bool) -> Option<(&'static str, String, String)> {
    let work = |number: usize| match (number, adds) {
        (0, true) => 1,
        (1, false) => AMOUNT.wrapping_neg(),
        (2, false) => AMOUNT,
        _ => 0,
    };
    // What the calls of `AFTER` do.
    let after = |number: usize| match number {
        0 => 1,
        1 => 20,
        3 => 20_u64.wrapping_neg(),
        _ => 0,
    };
    (0..=BALANCES.len()).find_map(|number| {
        let [committed, left] =
            [&commits.committed, &commits.left].map(|bytes| word(bytes, 8 * number));
        let committed = committed?;
        let mut right = vec![committed, committed.wrapping_add(work(number))];
        right.extend(left.filter(|_| work(number) != 0));
        let mut right: Vec<u64> =
            right.into_iter().map(|sum| sum.wrapping_add(after(number))).collect();
        right.sort_unstable();
        right.dedup();
        let sum = word(file, 8 * number);
        let is_right = sum.is_some_and(|sum| right.contains(&sum));
        let (name, _) = names(8 * number as u64);
        let numbers: Vec<String> = right.iter().map(u64::to_string).collect();
        let [first, second] = AFTER.map(|call| call.join(" "));
        let numbers = numbers.join(" or ");
        let expected = format!("after `{first}` and `{second}`, {name} is {numbers}");
        let seen = sum.map_or("there is none".into(), |sum| format!("{name} is {sum}"));
        (!is_right).then_some(("lost-after-a-kill", expected, seen))
    })
}

const KEPT_NOBODY_OUT: &str = "no-lock-after-a-kill";

/// What the second pass promises.
const NOTHING_UNDONE: &str = "after a kill, no process undoes what others had done before";

const TOO_BUSY: &str = "not every point could be tried in the time that a check may take: try again on a \
                        machine that is less busy";

/// What the next process did if it waited for the lock, without sleeping, until a limit was exceeded.
fn spins(limit_exceeded: Option<LimitExceeded>, events: &[Event]) -> Option<String> {
    let limit = limit_exceeded.filter(|limit| diagnosis_of(*limit) == "hang")?;
    let waits = [1, 0].into_iter().filter_map(|actor| waits_last(events, actor));
    let how = how(&waits.into_iter().find(|waits| !waits.is_asleep())?);
    Some(format!("the next process {how}; it {limit}"))
}

/// Why a process did not finish: it sleeps in this call for a time of its own, or a lock is held.
fn why_stuck(seen: String, late: Option<String>) -> (&'static str, String) {
    let Some(call) = late else { return ("orphaned-lock", seen) };
    let slept = format!("it slept in {call}, which it had given a time of its own");
    ("wakes-too-late", format!("{seen}: {slept}. When this time was over, it finished"))
}

/// Whether some of these processes, of which two were past the lock at once, have lost what another one stored: what was
/// expected, and what was seen. If they are the first after the kill, they may have done the rest of the victim's work,
/// or have undone it.
fn lost(called: &[&str], change: &Change, is_after_the_kill: bool) -> Option<(String, String)> {
    let Change { processes, before, after } = change;
    // A place in FILE, what each process adds there, and what is there before the victim's work and after it. First the
    // account that the victim leaves alone.
    let places: &[(u16, u64, [u64; 2])] = match called[0] {
        "add" => &[(0, 1, [COUNTER, COUNTER + 1])],
        _ => &[
            (24, AMOUNT, [BALANCES[2]; 2]),
            (8, AMOUNT.wrapping_neg(), [BALANCES[0], BALANCES[0] - AMOUNT]),
        ],
    };
    places.iter().find_map(|(at, each, repaired)| {
        let (before, after) = word(before, (*at).into()).zip(word(after, (*at).into()))?;
        let right = |from: u64| from.wrapping_add(each.wrapping_mul(*processes));
        let is_right = after == right(before)
            || is_after_the_kill && repaired.iter().any(|from| after == right(*from));
        let (name, _) = names((*at).into());
        let expected = format!(
            "{processes} times `{}`, two of them at once, change {name} from {before} to {}",
            called.join(" "),
            right(before)
        );
        let seen = format!(
            "{name} is {after}: two were inside at once, and what one of them stored is lost"
        );
        (!is_right).then_some((expected, seen))
    })
}

/// Whether two more processes that add at once lose an addition: what was expected, and what was seen.
fn not_kept_out(add: &[&str], (before, after): (u64, u64)) -> Option<(String, String)> {
    let expected = format!("two times `{}` at once then add 2 to {before}", add.join(" "));
    let seen = format!("the counter is {after}: the lock kept none of the two out");
    (after != before.wrapping_add(2)).then_some((expected, seen))
}

/// The last store in the counter or an account by the process that was killed, if this number was then neither the old
/// one nor the new one: an addition adds 1, a transfer moves `AMOUNT`. Its place among the events.
fn in_steps(events: &[Event]) -> Option<usize> {
    let (mut file, mut old, mut last) = (bank(), BTreeMap::new(), None);
    for (place, event) in
        events.iter().take_while(|event| event.kind != EventKind::Killed).enumerate()
    {
        let EventKind::Store { offset: offset @ 0..72, before, after, .. } = &event.kind else {
            continue;
        };
        let offset = usize::try_from(*offset).ok()?;
        // In the second pass, others have changed FILE before the first event.
        file.get_mut(offset..offset + before.len())?.copy_from_slice(before);
        let at = offset - offset % 8;
        if event.actor == 0 {
            old.entry(at).or_insert(word(&file, at)?);
            last = Some((place, at));
        }
        file.get_mut(offset..offset + after.len())?.copy_from_slice(after);
    }
    let (place, at) = last?;
    let (old, now) = (*old.get(&at)?, word(&file, at)?);
    let new = match at {
        0 => [old.wrapping_add(1); 2],
        _ => [old.wrapping_sub(AMOUNT), old.wrapping_add(AMOUNT)],
    };
    (now != old && !new.contains(&now)).then_some(place)
}

/// Why two that were inside at once have lost something: two of which one had waited for the lock, or the first ones
/// after the kill.
fn lost_by_two(
    called: &[&str],
    [handed_on, first]: [Option<Change>; 2],
    events: &[Event],
) -> Option<(&'static str, String, String)> {
    let handed_on = handed_on.and_then(|change| lost(called, &change, false));
    if let Some((expected, seen)) = handed_on {
        let id = if removes_a_name(events) { "lock-file-removed" } else { KEPT_NOBODY_OUT };
        return Some((id, expected, seen));
    }
    let (expected, seen) = first.and_then(|change| lost(called, &change, true))?;
    Some(("two-inside-after-a-kill", expected, seen))
}

/// Has a process renamed, linked or removed a file?
fn removes_a_name(events: &[Event]) -> bool {
    events.iter().any(|event| match &event.kind {
        EventKind::Call(Returned { kind: CallKind::Change, request, error: None, .. }) => {
            matches!(request, Request::Other(_))
        }
        _ => false,
    })
}

/// What is said of a robust mutex that somebody unlocked without having made it consistent: where glibc has
/// stored its mark for that.
fn unrecoverable(events: &[Event]) -> Option<String> {
    const NOT_RECOVERABLE: [u8; 4] = (i32::MAX - 1).to_ne_bytes();
    let place = events.iter().rev().find_map(|event| match &event.kind {
        EventKind::Store { offset: offset @ 1024..2048, after, .. }
            if *after == NOT_RECOVERABLE =>
        {
            Some(offset)
        }
        _ => None,
    })?;
    Some(format!(
        "byte {place} of FILE holds {}: by this number glibc marks a robust mutex that was unlocked after its \
         owner's death, without a call of `pthread_mutex_consistent`",
        i32::MAX - 1
    ))
}

fn marks(events: &[Event]) -> Vec<Mark> {
    let words = ". Killed here, it leaves this number: the old one is LOST";
    in_steps(events).map(|place| (place, words.into())).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plain store by a process.
    fn store(actor: usize, offset: u64, before: &[u8], after: &[u8]) -> Event {
        let kind = EventKind::Store {
            offset,
            before: before.into(),
            after: after.into(),
            stale: None,
            form: tracer::arch::StoreForm::Store,
            locked: false,
            call: None,
        };
        Event::new(actor, kind)
    }

    #[test]
    fn a_number_is_stored_in_steps_if_a_kill_leaves_neither_the_old_one_nor_the_new_one() {
        let is = |actor, offset, before: u64, after: u64| {
            store(actor, offset, &before.to_ne_bytes(), &after.to_ne_bytes())
        };
        let killed = |mut stores: Vec<Event>| {
            stores.push(Event::new(0, EventKind::Killed));
            in_steps(&stores)
        };
        assert_eq!(killed(vec![is(0, 0, 41, 0)]), Some(0));
        assert_eq!(killed(vec![is(0, 8, 100, 90), is(0, 16, 100, 0)]), Some(1));
        assert_eq!(killed(vec![is(0, 8, 100, 0), is(0, 8, 0, 90)]), None);
        assert_eq!(killed(vec![is(0, 8, 100, 90), is(0, 16, 100, 110)]), None);
        let halves =
            vec![store(0, 12, &[0; 4], &[0; 4]), store(0, 8, &[100, 0, 0, 0], &[90, 0, 0, 0])];
        assert_eq!(killed(halves), None);
        assert_eq!(killed(vec![is(1, 8, 100, 0)]), None, "the other one stored it");
        assert_eq!(killed(vec![is(0, 0, 44, 45)]), None, "others had added 3 before");
        assert_eq!(killed(vec![is(0, 0, 44, 0)]), Some(0), "others had added 3 before");
        assert_eq!(killed(vec![]), None);
        let after_the_kill = [Event::new(0, EventKind::Killed), is(0, 0, 41, 0)];
        assert_eq!(in_steps(&after_the_kill), None);
    }

    #[test]
    fn the_mark_of_glibc_is_told_with_its_place() {
        let store = |offset, after: i32| store(1, offset, &[0; 4], &after.to_ne_bytes());
        let marked = unrecoverable(&[store(1040, i32::MAX - 1), store(1032, 0)]);
        assert!(marked.is_some_and(|text| text.starts_with("byte 1040 of FILE holds 2147483646")));
        assert_eq!(unrecoverable(&[store(1040, i32::MAX), store(0, i32::MAX - 1)]), None);
    }
}
