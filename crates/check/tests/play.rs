//! `just play`: real processes, moved by turns from the arguments, from a pipe, and by keys.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};

use course::{Ended, Program};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::openpty;

fn play(arguments: &[&str]) -> Ended {
    let arguments = [&["play"], arguments].concat();
    Program::new(env!("CARGO_BIN_EXE_check"), arguments).run()
}

/// What a call has printed, with one blank for each line's end, and without the marks of a row that goes wrong.
fn in_one_line(ended: &Ended) -> String {
    unfolded(&ended.stdout)
}

fn unfolded(text: &str) -> String {
    text.split_whitespace().filter(|word| *word != ">").collect::<Vec<_>>().join(" ")
}

#[test]
fn the_races_are_listed_with_the_command_that_plays_each() {
    let ended = play(&[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for line in ["just play 1  The lost update", "just play 7  The orphaned lock"] {
        assert!(ended.stdout.contains(line), "{ended:?}");
    }
}

#[test]
fn a_lost_update_is_told_and_so_is_the_judges_shortest_schedule() {
    let ended = play(&["1", "12", "21"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told = ["B's 1 is", "It went wrong. Expected: the count is 2", "Seen: it is 1"];
    let shortest = ["lost-update/A1/B-:", "just play 1 1221"];
    for words in told.iter().chain(&shortest) {
        assert!(ended.stdout.contains(words), "{words:?} is missing: {ended:?}");
    }
}

#[test]
fn what_a_process_loads_from_the_file_is_told() {
    let ended = play(&["1", "1122"]);
    let order = ["loads 0 from the count", "where 0 was", "loads 1 from the count", "where 1 was"];
    let mut rest = &ended.stdout[..];
    for words in order {
        let found = rest.find(words);
        rest = &rest[found.unwrap_or_else(|| panic!("{words:?} is missing: {ended:?}"))..];
    }
    let (played, _) =
        ended.stdout.split_once("The judge's").expect("the judge's schedule is shown");
    assert!(!played.contains('>'), "a step is marked: {ended:?}");
    let ended = play(&["5", "1111222 1"]);
    for words in ["loads 1 from `full`", "loads 45 from `length`. This is"] {
        assert!(in_one_line(&ended).contains(words), "{words:?} is missing: {ended:?}");
    }
}

#[test]
fn what_an_exchange_will_store_is_told_before_it_happens() {
    for (moves, next) in [
        (
            "1 2",
            "2: Let B go on: it stores 2 in the lock atomically. If 0 is there, the process has the lock",
        ),
        ("1 1", "1: Let A go on: it stores 0 in the lock atomically 2:"),
        ("2", "1: Let A go on: it tries to change the lock from 0 to 1 atomically 2:"),
    ] {
        let ended = play(&["7", moves]);
        assert!(in_one_line(&ended).contains(next), "{next:?} is missing: {ended:?}");
    }
}

#[test]
fn one_after_the_other_nothing_goes_wrong() {
    let ended = play(&["1", "1122"]);
    assert!(ended.stdout.contains("FILE: the count is 2"), "{ended:?}");
    assert!(ended.stdout.contains("Nothing went wrong in this order."), "{ended:?}");
}

#[test]
fn in_a_pipe_the_turns_come_from_standard_input() {
    let mut running = Program::new(env!("CARGO_BIN_EXE_check"), ["play", "1"]).start();
    running.tell("A B");
    running.tell("B A");
    let ended = running.end();
    assert!(ended.stdout.contains("It went wrong."), "{ended:?}");
}

#[test]
fn each_race_goes_wrong_by_the_turns_that_the_book_shows() {
    for (number, race) in (1..).zip(&check::play::races().expect("list the races")) {
        let recording = recording(race.name);
        let turns = recording["shortest"].as_str().expect("it has turns");
        let ended = play(&[&number.to_string(), turns]);
        assert!(ended.stdout.contains("It went wrong."), "{}: {ended:?}", race.name);
    }
}

/// The recording of a race that the book shows.
fn recording(name: &str) -> serde_json::Value {
    let root = common::root().expect("find the checkout");
    let path = root.join(format!("lessons/recordings/race-{name}.json"));
    let recording = std::fs::read_to_string(&path).expect("read the recording");
    serde_json::from_str(&recording).expect("it is JSON")
}

/// What a recording tells of these turns, and the moment after them.
fn told_in<'r>(
    recording: &'r serde_json::Value,
    turns: &str,
) -> (Vec<&'r str>, &'r serde_json::Value) {
    let moments = recording["moments"].as_array().expect("it has moments");
    let mut told = Vec::new();
    let mut moment = moments.last().expect("it has a start");
    for turn in turns.chars() {
        let made = match turn {
            'K' => &moment["kill"],
            'B' => &moment["moves"][1],
            _ => &moment["moves"][0],
        };
        let words = made["told"].as_array().expect("it is a possible turn");
        told.extend(words.iter().map(|words| words.as_str().expect("they are words")));
        let to = made["to"].as_u64().and_then(|to| usize::try_from(to).ok());
        moment = &moments[to.expect("it leads to a moment")];
    }
    (told, moment)
}

#[test]
fn the_terminal_says_what_the_book_says() {
    for (number, race) in (1..).zip(&check::play::races().expect("list the races")) {
        let recording = recording(race.name);
        let turns = recording["shortest"].as_str().expect("it has turns");
        let ended = in_one_line(&play(&[&number.to_string(), turns]));
        let end = told_in(&recording, turns).1["end"]["verdict"].as_str().expect("it has an end");
        assert!(ended.contains(end), "{}: no {end:?} in {ended}", race.name);
        // Just before the end, both the turns and what can come next are there.
        let turns = &turns[..turns.len() - 1];
        let (told, moment) = told_in(&recording, turns);
        let shown = in_one_line(&play(&[&number.to_string(), turns]));
        let mut rest = &shown[..];
        for words in told {
            let words = unfolded(words);
            let found = rest.find(&words);
            let found = found.unwrap_or_else(|| panic!("{}: no {words:?} in {rest}", race.name));
            rest = &rest[found + words.len()..];
        }
        for choice in moment["choices"].as_array().expect("there are choices") {
            let choice = choice.as_str().expect("a choice is words");
            assert!(rest.contains(choice), "{}: no {choice:?} in {rest}", race.name);
        }
        for lock in moment["locks"].as_array().into_iter().flatten() {
            let [name, value] = [0, 1].map(|at| lock[at].as_str().expect("a lock is words"));
            assert!(
                rest.contains(&format!("{name}: {value}")),
                "{}: no {lock} in {rest}",
                race.name
            );
        }
    }
}

#[test]
fn what_cannot_be_played_is_refused_with_the_reason() {
    for (wrong, why) in [
        (&["9"][..], "give a race, 1 to 7"),
        (&["1", "13"], "'3' is no turn: write 1 for A and 2 for B"),
        (&["1", "111"], "turn 3 is not possible: A has ended"),
    ] {
        let ended = play(wrong);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(why), "{ended:?}");
    }
    let ended = play(&["1", "12"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("This is not the end"), "{ended:?}");
    assert!(ended.stdout.contains("1: Let A go on: it stores 1 in the count"), "{ended:?}");
}

#[test]
fn after_a_kill_the_survivor_waits_for_the_lock_for_ever() {
    let ended = play(&["7", "1 222 3"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for words in ["is killed", "It went wrong. Expected: B ends", "just play 7 12223"] {
        assert!(ended.stdout.contains(words), "{words:?} is missing: {ended:?}");
    }
    let ended = play(&["7", "1 222 3 2"]);
    let why = "turn 6 is not possible: B sleeps in futex";
    assert!(ended.stderr.contains(why), "nobody can wake it: {ended:?}");
    let ended = play(&["7", "1 222 11 3"]);
    assert!(ended.stdout.contains("a lost wake-up"), "{ended:?}");
    let ended = play(&["7", "3 222"]);
    assert!(ended.stdout.contains("Nothing went wrong in this order."), "{ended:?}");
    let ended = play(&["7", "33"]);
    let why = "turn 2 is not possible: A was killed";
    assert!(ended.stderr.contains(why), "{ended:?}");
}

#[test]
fn a_deadlock_names_the_locks_their_holders_and_who_waits() {
    let ended = play(&["4", "112221"]);
    let told = in_one_line(&ended);
    for words in [
        "the lock on account 1: A holds it, B waits",
        "the lock on account 2: B holds it, A waits",
        "A waits for the lock on account 2, which B holds; B waits for the lock on account 1",
    ] {
        assert!(told.contains(words), "{words:?} is missing: {ended:?}");
    }
}

#[test]
fn a_second_initialisation_takes_an_addition_away() {
    let ended = play(&["6", "11 22222 111"]);
    for words in ["FILE: the counter is 1", "Expected: the counter goes from 0 to 2"] {
        assert!(in_one_line(&ended).contains(words), "{words:?} is missing: {ended:?}");
    }
    let ended = play(&["6", "1"]);
    assert!(ended.stdout.contains("FILE: the counter is not there"), "{ended:?}");
}

/// A terminal, with the game on its other side.
struct Terminal {
    side: File,
    shown: String,
}

impl Terminal {
    fn press(&mut self, key: &str) {
        self.side.write_all(key.as_bytes()).expect("press a key");
    }

    /// Reads until the terminal shows these words, and forgets what it has shown up to them.
    fn until(&mut self, words: &str) {
        loop {
            if let Some(start) = self.shown.find(words) {
                self.shown.drain(..start + words.len());
                return;
            }
            let mut ready = [PollFd::new(self.side.as_fd(), PollFlags::POLLIN)];
            let count = poll(&mut ready, PollTimeout::from(60_000_u16)).expect("poll");
            assert!(count > 0, "no {words:?} in time: {:?}", self.shown);
            let mut part = [0; 1 << 10];
            let read = self.side.read(&mut part).expect("read from the terminal");
            self.shown += &String::from_utf8_lossy(&part[..read]);
        }
    }
}

#[test]
fn on_a_terminal_each_key_is_a_step() {
    let pty = openpty(None, None).expect("make a terminal");
    let end = || Stdio::from(pty.slave.try_clone().expect("duplicate the terminal"));
    let mut player = Command::new(env!("CARGO_BIN_EXE_check"));
    let mut player = player.args(["play", "1"]).stdin(end()).stdout(end()).spawn().expect("start");
    let mut terminal = Terminal { side: File::from(pty.master), shown: String::new() };
    let asks = "u: try again   q: quit";
    terminal.until(asks);
    for key in ["1", "2", "2"] {
        terminal.press(key);
        terminal.until(asks);
    }
    terminal.press("1");
    for words in ["It went wrong.", "just play 1 1221", "u: try again   q: quit"] {
        terminal.until(words);
    }
    terminal.press("u");
    terminal.until("1: Start A: it loads, and stops just before its first store");
    terminal.until(asks);
    terminal.press("q");
    assert!(player.wait().expect("wait for the player").success());
    drop(pty.slave); // Until here it is open, so that no read of the other side fails.
}
