//! What the program promises when it is alone, and six of it at once.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;

use common::Context;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tracer::{Ending, FileId};

use super::own_lock::unless_it_holds_the_lock;
use super::{BALANCES, COUNTER, SIZE, bank, bank_of, word};
use crate::counted::counted;
use crate::exercises::{CheckContext, draw};
use crate::observe::Run;
use crate::verdict::{Verdict, failed};

const MOST: &str = "18446744073709551615";

/// FILE as it should be: the balances with these changes; `None` for the counter's byte range.
pub(super) fn expect(
    context: &CheckContext,
    counter: u64,
    balances: [u64; 8],
    id: &'static str,
    what: &str,
) -> Verdict {
    let found = context.read("FILE")?;
    if found.len() != SIZE {
        let seen = format!("it has {}", found.len());
        return failed("wrong-size", "FILE has 4096 bytes", seen);
    }
    let words = [counter].into_iter().chain(balances);
    for (number, right) in words.enumerate() {
        let seen = word(&found, number * 8).unwrap_or_default();
        if seen != right {
            let place =
                if number == 0 { "the counter".into() } else { format!("account {number}") };
            return failed(
                id,
                format!("{what}: {place} holds {right}"),
                format!("it holds {seen}"),
            );
        }
    }
    let free = |at: usize| (1024..2048).contains(&at);
    match (72..SIZE).find(|at| !free(*at) && found[*at] != 0) {
        None => Ok(()),
        Some(at) => failed(
            "bytes-not-its-own",
            "bytes 72 to 1023 and 2048 to 4095 stay as they are",
            format!("after {what}, byte {at} is {}", found[at]),
        ),
    }
}

pub(super) fn adds(context: &mut CheckContext) -> Verdict {
    for (times, sum) in [("1000", COUNTER + 1000), ("1", COUNTER + 1)] {
        let file = context.new_work_directory()?.write("FILE", &bank())?;
        let call = ["add", "FILE", times];
        let run = unless_it_holds_the_lock(context, &bank(), &call, context.run(&call))?;
        by_mapping(context, &run)?;
        run.succeeds()?;
        keeps_what_file_held(context, &run, &file, times.parse().ok())?;
        expect(context, sum, BALANCES, "wrong-counter", &format!("add {times}"))?;
    }
    // Its low half is full: the sum carries into the high half.
    let counter = ((draw::number(context, 1..1 << 8) as u64) << 32) - 1;
    let times = draw::number(context, 2..99);
    context.new_work_directory()?.write("FILE", &bank_of(counter, BALANCES))?;
    context.run(&["add", "FILE", &times.to_string()])?.succeeds()?;
    let sum = counter + times as u64;
    let what = format!("add {times} to {counter}");
    expect(context, sum, BALANCES, "wrong-counter", &what)?;
    context.new_work_directory()?.write("FILE", &bank())?;
    context.run(&["add", "FILE", "1"])?.succeeds()?;
    // Again, with the lock that the last run made.
    let again = context.run(&["add", "FILE", "2"]);
    again.map_err(|error| error.known_as("hang", "lock-kept"))?.succeeds()?;
    expect(context, COUNTER + 3, BALANCES, "wrong-counter", "add 1 and then add 2")?;
    context.same_untraced(&["add", "FILE", "3"], Some(&bank()))
}

/// FILE, which was there, was not made again: the accounts are not all 0, and the counter did not begin at 0.
/// `added`: what `add` was to add.
fn keeps_what_file_held(
    context: &CheckContext,
    run: &Run,
    file: &File,
    added: Option<u64>,
) -> Verdict {
    let found = context.read("FILE")?;
    let wiped = (1..=8).all(|account| word(&found, account * 8).unwrap_or_default() == 0);
    let restarted = added.is_some() && word(&found, 0) == added;
    if !wiped && !restarted {
        return Ok(());
    }
    let id = FileId::of(file).step("fstat")?;
    let by = run.empties(id);
    let what = if wiped { "all accounts hold 0" } else { "the counter began at 0, not at 41" };
    let by = by.unwrap_or("no call emptied FILE, so the program has stored zeros");
    let expected = format!("`{}` keeps what FILE held: FILE was there", run.called);
    failed("initialises-again", expected, format!("{what}; {by}"))
}

pub(super) fn makes(context: &mut CheckContext) -> Verdict {
    let empty = [0; 8];
    let run = context.run(&["add", "FILE", "3"])?;
    run.succeeds()?;
    by_mapping(context, &run)?; // Its zeros, too.
    expect(context, 3, empty, "wrong-counter", "add 3 to a file that was missing")?;
    context.new_work_directory()?.write("FILE", &[])?;
    context.run(&["add", "FILE", "3"])?.succeeds()?;
    expect(context, 3, empty, "wrong-counter", "add 3 to an empty file")
}

pub(super) fn mode(context: &mut CheckContext) -> Verdict {
    context.run(&["add", "FILE", "3"])?.succeeds()?;
    let mode = context.open("FILE")?.metadata().step("stat")?.permissions().mode() & 0o7777;
    if mode == 0o600 {
        return Ok(());
    }
    failed("wrong-mode", "a new FILE has mode 0600", format!("it has {mode:04o}"))
}

/// Nothing is added, and nothing is moved: both succeed.
pub(super) fn zero(context: &mut CheckContext) -> Verdict {
    context.work_directory().write("FILE", &bank())?;
    context.run(&["add", "FILE", "0"])?.succeeds()?;
    expect(context, COUNTER, BALANCES, "wrong-counter", "add 0")?;
    context.run(&["transfer", "FILE", "8", "1", "0"])?.succeeds()?;
    expect(context, COUNTER, BALANCES, "wrong-balance", "transfer 8 1 0")?;
    context.new_work_directory()?;
    context.run(&["transfer", "FILE", "1", "2", "0"])?.succeeds()?;
    expect(context, 0, [0; 8], "wrong-balance", "transfer 0 in a file that was missing")
}

/// A transfer between drawn accounts with drawn balances: of 1, of all that there is, and of one more.
fn drawn_transfer(context: &mut CheckContext) -> Verdict {
    // Each is above 2³², so that it shows if a program keeps 32 bits of it.
    let balances = [(); 8].map(|()| draw::number(context, 1 << 32..1 << 40) as u64);
    let from = draw::number(context, 0..8);
    let to = (from + draw::number(context, 1..8)) % 8;
    for amount in [1, balances[from], balances[from] + 1] {
        context.new_work_directory()?.write("FILE", &bank_of(COUNTER, balances))?;
        let [one, other, sum] =
            [from as u64 + 1, to as u64 + 1, amount].map(|number| number.to_string());
        let run = context.run(&["transfer", "FILE", &one, &other, &sum])?;
        run.lives().map_err(|error| error.details(above_31_bits(amount)))?;
        let what = format!("transfer {one} {other} {sum}, with {} there", balances[from]);
        let mut after = balances;
        if amount <= balances[from] {
            run.succeeds().map_err(|error| error.details(above_31_bits(amount)))?;
            after[from] -= amount;
            after[to] += amount;
        } else if run.ending == Ending::Exited(0) {
            let expected = format!("{what}: an exit status other than 0");
            return failed("overdraws-alone", expected, "exit status 0");
        }
        expect(context, COUNTER, after, "wrong-balance", &what).map_err(|error| {
            let cut = cut_to_32_bits(context, from, balances[from], amount);
            error.details(cut)
        })?;
    }
    Ok(())
}

/// What is said if a transfer ends in a wrong way, and the same transfer of 1 has succeeded before: the amount that an
/// `int` cannot hold.
fn above_31_bits(amount: u64) -> Option<String> {
    const LARGEST: u64 = i32::MAX.cast_unsigned() as u64;
    (amount > LARGEST).then(|| {
        format!(
            "With AMOUNT 1, the same call succeeded. {amount} is above 2³¹−1, the largest number in an `int` of 32 bits, \
             and the card allows numbers up to 2⁶⁴−1"
        )
    })
}

/// What is said if the amount that left an account is AMOUNT but for what does not fit into 32 bits.
fn cut_to_32_bits(context: &CheckContext, from: usize, before: u64, amount: u64) -> Option<String> {
    const BITS: u64 = u32::MAX as u64;
    let after = word(&context.read("FILE").ok()?, (from + 1) * 8)?;
    let moved = before.wrapping_sub(after);
    (moved != amount && moved & BITS == amount & BITS).then(|| {
        format!(
            "{moved} and AMOUNT have the same lower 32 bits: the program keeps only 32 bits of a number, as `int` \
             and `atoi` do"
        )
    })
}

pub(super) fn transfers(context: &mut CheckContext) -> Verdict {
    let moved = |from: usize, to: usize, amount: u64| {
        let mut after = BALANCES;
        after[from - 1] -= amount;
        after[to - 1] += amount;
        after
    };
    let good = [("1", "4", "30", moved(1, 4, 30)), ("2", "8", "100", moved(2, 8, 100))];
    for (from, to, amount, after) in good {
        let file = context.new_work_directory()?.write("FILE", &bank())?;
        let call = ["transfer", "FILE", from, to, amount];
        let run = unless_it_holds_the_lock(context, &bank(), &call, context.run(&call))?;
        by_mapping(context, &run)?;
        keeps_what_file_held(context, &run, &file, None)?;
        run.succeeds()?;
        expect(
            context,
            COUNTER,
            after,
            "wrong-balance",
            &format!("transfer {from} {to} {amount}"),
        )?;
    }
    drawn_transfer(context)?;
    for (from, to, amount) in [("1", "2", "101"), ("4", "1", "1")] {
        context.new_work_directory()?.write("FILE", &bank())?;
        let run = context.run(&["transfer", "FILE", from, to, amount])?;
        let what = format!("transfer {from} {to} {amount}, which is more than there is");
        if run.ending == Ending::Exited(0) {
            let expected = format!("{what}: an exit status other than 0");
            return failed("overdraws-alone", expected, "exit status 0");
        }
        run.lives()?;
        expect(context, COUNTER, BALANCES, "failure-changes-something", &what)?;
    }
    Ok(())
}

/// A transfer of more than there is says so.
pub(super) fn error_lines(context: &mut CheckContext) -> Verdict {
    for amount in ["101", MOST] {
        context.new_work_directory()?.write("FILE", &bank())?;
        context.run(&["transfer", "FILE", "1", "2", amount])?.fails_naming(&["FILE"])?;
        let what = format!("transfer 1 2 {amount}, which is more than there is");
        expect(context, COUNTER, BALANCES, "failure-changes-something", &what)?;
    }
    Ok(())
}

/// TO holds the largest u64.
pub(super) fn overflow(context: &mut CheckContext) -> Verdict {
    let mut full = BALANCES;
    (full[2], full[7]) = (u64::MAX, 100);
    let mut bytes = bank();
    bytes[24..32].copy_from_slice(&full[2].to_ne_bytes());
    bytes[64..72].copy_from_slice(&full[7].to_ne_bytes());
    context.new_work_directory()?.write("FILE", &bytes)?;
    let run = context.run(&["transfer", "FILE", "8", "3", "1"])?;
    let what = "transfer 1 to an account that holds 2^64-1";
    if run.ending == Ending::Killed(libc::SIGABRT) || run.ending == Ending::Exited(101) {
        return failed("overflow", format!("{what}: exit status 1"), run.ending.to_string());
    }
    if run.ending == Ending::Exited(0) {
        return failed("overflow", format!("{what}: exit status 1"), "exit status 0");
    }
    expect(context, COUNTER, full, "overflow", what)?;
    run.fails_naming(&["FILE"])
}

/// FILE's bytes went through mappings only, and nothing was written elsewhere.
fn by_mapping(context: &CheckContext, run: &Run) -> Verdict {
    run.writes_nowhere_else(context.work_directory())?;
    match context.identity_if_there("FILE")? {
        Some(file) if run.calls.is_some() => run.leaves_bytes_to_mappings(file),
        _ => Ok(()), // The check on kills says that calls cannot be seen here.
    }
}

pub(super) fn calls(context: &mut CheckContext) -> Verdict {
    let wrong: [&[&str]; 14] = [
        &[],
        &["subtract", "FILE", "1"],
        &["add"],
        &["add", "FILE"],
        &["add", "FILE", "x"],
        &["add", "FILE", "-1"],
        &["add", "FILE", ""],
        &["add", "FILE", "18446744073709551616"],
        &["transfer", "FILE", "1", "2"],
        &["transfer", "FILE", "0", "1", "1"],
        &["transfer", "FILE", "1", "9", "1"],
        &["transfer", "FILE", "3", "3", "1"],
        &["transfer", "FILE", "1", "2", "1x"],
        &["transfer", "FILE", "1", "2", "18446744073709551616"],
    ];
    for arguments in wrong {
        context.run(arguments)?.refuses_the_call()?;
    }
    decimal(context)
}

/// `0x10` is a wrong call, and `010` is ten. A program may refuse the leading zero.
fn decimal(context: &mut CheckContext) -> Verdict {
    let is_accepted = |run: &Run| run.ending == Ending::Exited(0);
    context.new_work_directory()?.write("FILE", &bank())?;
    let run = context.run(&["add", "FILE", "0x10"])?;
    if is_accepted(&run) {
        let expected = format!("`{}` is a wrong call: exit status 2", run.called);
        return failed("not-decimal", expected, "exit status 0");
    }
    run.refuses_the_call()?;
    let run = context.run(&["add", "FILE", "010"])?;
    let sum = word(&context.read("FILE")?, 0).unwrap_or_default();
    if is_accepted(&run) && sum != COUNTER + 10 {
        let expected = format!("`{}` adds 10", run.called);
        let added = sum.wrapping_sub(COUNTER);
        return failed("not-decimal", expected, format!("it added {added}"));
    }
    Ok(())
}

pub(super) fn files(context: &mut CheckContext) -> Verdict {
    for size in [1, SIZE - 1, SIZE + 1, 2 * SIZE] {
        context.new_work_directory()?.write("FILE", &vec![0; size])?;
        let run = context.run(&["add", "FILE", "1"])?;
        let found = context.read("FILE")?;
        if run.ending == Ending::Exited(0) || found != vec![0; size] {
            let bytes = |count: usize| counted(count as u64, "byte");
            let seen = format!("{}; it has {} now", run.ending, bytes(found.len()));
            let expected = format!("a FILE of {} is a failure, and stays as it is", bytes(size));
            return failed("odd-size-accepted", expected, seen);
        }
        run.fails_naming(&["FILE"])?;
    }
    let path = context.new_work_directory()?.path().join("FILE");
    std::fs::create_dir(&path).step_on("mkdir", &path)?;
    context.run(&["add", "FILE", "1"])?.fails_naming(&["FILE"])?;
    let path = context.new_work_directory()?.path().join("FILE");
    mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).step_on("mkfifo", &path)?;
    context.work_directory().hand_over("FILE".as_ref())?;
    context.run(&["add", "FILE", "1"])?.fails_naming(&["FILE"])
}
