//! `just play`: real processes, moved by steps from the arguments, from a pipe, and by keys.
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
    let told = ["B's 1 is", "It went WRONG. Expected: the count is 2", "Seen: it is 1"];
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
        let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "{words:?} is missing: {ended:?}");
    }
}

#[test]
fn one_after_the_other_nothing_goes_wrong() {
    let ended = play(&["1", "1122"]);
    assert!(ended.stdout.contains("FILE: the count is 2"), "{ended:?}");
    assert!(ended.stdout.contains("Nothing went wrong in this order."), "{ended:?}");
}

#[test]
fn in_a_pipe_the_steps_come_from_standard_input() {
    let mut running = Program::new(env!("CARGO_BIN_EXE_check"), ["play", "1"]).start();
    running.tell("A B");
    running.tell("B A");
    let ended = running.end();
    assert!(ended.stdout.contains("It went WRONG"), "{ended:?}");
}

#[test]
fn each_race_goes_wrong_by_the_steps_that_the_book_shows() {
    let root = common::root().expect("find the checkout");
    let races = check::play::races().expect("list the races");
    for (number, race) in (1..).zip(&races) {
        let path = root.join(format!("lessons/recordings/race-{}.json", race.name));
        let recording = std::fs::read_to_string(&path).expect("read the recording");
        let recording: serde_json::Value = serde_json::from_str(&recording).expect("it is JSON");
        let steps = recording["shortest"].as_str().expect("it has steps");
        let ended = play(&[&number.to_string(), steps]);
        assert!(ended.stdout.contains("It went WRONG"), "{}: {ended:?}", race.name);
    }
}

#[test]
fn what_cannot_be_played_is_refused_with_the_reason() {
    for (wrong, why) in [
        (&["9"][..], "there are the races 1 to 7"),
        (&["1", "13"], "'3' is no step: write 1 where A moves, and 2 where B moves"),
        (&["1", "111"], "step 3: A cannot move, because it has ended"),
    ] {
        let ended = play(wrong);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(why), "{ended:?}");
    }
    let ended = play(&["1", "12"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("This is not the end"), "{ended:?}");
    assert!(ended.stdout.contains("A next: stores 1 in the count"), "{ended:?}");
}

#[test]
fn after_a_kill_the_survivor_waits_for_the_lock_for_ever() {
    let ended = play(&["7", "1 222 3"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for words in ["is killed", "It went WRONG. Expected: B ends", "just play 7 12223"] {
        assert!(ended.stdout.contains(words), "{words:?} is missing: {ended:?}");
    }
    let ended = play(&["7", "1 222 3 2"]);
    let why = "step 6: B cannot move, because it sleeps in futex";
    assert!(ended.stderr.contains(why), "nobody can wake it: {ended:?}");
    let ended = play(&["7", "1 222 11 3"]);
    assert!(ended.stdout.contains("a lost wake-up"), "{ended:?}");
    let ended = play(&["7", "3 222"]);
    assert!(ended.stdout.contains("Nothing went wrong in this order."), "{ended:?}");
    let ended = play(&["7", "33"]);
    let why = "step 2: A cannot be killed, because it was killed";
    assert!(ended.stderr.contains(why), "{ended:?}");
}

#[test]
fn a_deadlock_names_the_locks_their_holders_and_who_waits() {
    let ended = play(&["4", "112221"]);
    let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
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
        assert!(ended.stdout.contains(words), "{words:?} is missing: {ended:?}");
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
    let asks = "1: A moves   2: B moves   u: try again   q: quit";
    terminal.until(asks);
    for key in ["1", "2", "2"] {
        terminal.press(key);
        terminal.until(asks);
    }
    terminal.press("1");
    for words in ["It went WRONG", "just play 1 1221", "u: try again   q: quit"] {
        terminal.until(words);
    }
    terminal.press("u");
    terminal.until("A next: begins");
    terminal.until(asks);
    terminal.press("q");
    assert!(player.wait().expect("wait for the player").success());
    drop(pty.slave); // Until here it is open, so that no read of the other side fails.
}
