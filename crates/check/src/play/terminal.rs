//! `just play N`: a race in the terminal, with real processes. In a pipe, the turns come from the arguments
//! or from standard input.

use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;

use common::{Context, Result, say};
use explore::table::{Row, Table};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use tracer::arch;

use super::moment::Moment;
use super::recording::{StepWords, words_of};
use super::{KILL, Race, RaceFixture, Shortest, can_move, in_words, moved, races, verdict};
use crate::machine::Machine;
use crate::scenarios::NEEDS;
use crate::verdict::Finding;

/// How a call of `play` ended.
pub enum Played {
    /// It was played, to the end or not.
    Done,
    /// What the caller asked for does not exist: why.
    WrongCall(String),
    /// This machine cannot show it: why.
    Cannot(String),
}

/// Lists the races, or plays race `number`: by these moves, or by the keys that the player presses.
///
/// # Errors
/// Those of the executions, and of the terminal.
pub fn play(number: Option<usize>, moves: Option<&str>, width: usize) -> Result<Played> {
    let races = races()?;
    let Some(number) = number else {
        say!("Two processes run a wrong program. You choose which of them moves next.\n")?;
        for (number, race) in (1..).zip(&races) {
            say!("  just play {number}  {}", race.heading)?;
        }
        return Ok(Played::Done);
    };
    let Some(race) = number.checked_sub(1).and_then(|index| races.get(index)) else {
        return Ok(Played::WrongCall(format!("give a race, 1 to {}", races.len())));
    };
    let scratch = sandbox::scratch()?;
    if !Machine::of(&scratch)?.tracing || !arch::TRAPS_STORES {
        return Ok(Played::Cannot(NEEDS.into()));
    }
    let is_alone = io::stdin().is_terminal() && io::stdout().is_terminal();
    let given = match moves {
        Some(moves) => Some(moves.to_owned()),
        None if is_alone => None,
        None => Some(io::read_to_string(io::stdin()).step("read from standard input")?),
    };
    let program = race.build()?;
    let game = Game { place: RaceFixture::new(race, &program, &scratch), race, number, width };
    match given.as_deref().map(|text| parsed(text, race.kills)) {
        None => game.by_keys(),
        Some(Ok(moves)) => game.by_moves(&moves),
        Some(Err(why)) => Ok(Played::WrongCall(why)),
    }
}

/// Which process has each turn: `1` and `A` are the first process, `2` and `B` the second. `3` and `K` kill A, if
/// the race has that.
fn parsed(text: &str, kills: bool) -> std::result::Result<Vec<usize>, String> {
    let letters = text.chars().filter(|letter| !letter.is_whitespace());
    let kill = if kills { ", and 3 to kill A" } else { "" };
    let moves = letters.map(|letter| {
        mover(letter)
            .filter(|mover| kills || *mover != KILL)
            .ok_or_else(|| format!("{letter:?} is no turn: write 1 for A and 2 for B{kill}"))
    });
    moves.collect()
}

fn mover(key: char) -> Option<usize> {
    match key {
        '1' | 'a' | 'A' => Some(0),
        '2' | 'b' | 'B' => Some(1),
        '3' | 'k' | 'K' => Some(KILL),
        _ => None,
    }
}

/// The same as the player writes it.
fn written(moves: &[usize]) -> String {
    moves.iter().map(|mover| (mover + 1).to_string()).collect()
}

struct Game<'g> {
    place: RaceFixture<'g>,
    race: &'g Race,
    number: usize,
    width: usize,
}

/// What the player sees after some turns.
struct View {
    rows: Vec<Row>,
    moment: Moment,
    /// A, B, and the kill.
    can_move: [bool; 3],
    /// In the end: what is wrong, if something is.
    end: Option<Option<Finding>>,
}

impl Game<'_> {
    /// Runs two new processes by these moves. A turn that is not possible is the error.
    fn view(&self, moves: &[usize]) -> Result<std::result::Result<View, String>> {
        let fixture = self.place.fixture(true)?;
        let mut stepper = self.place.stepper(&fixture)?;
        let mut rows = Vec::new();
        for (number, mover) in (1..).zip(moves) {
            let actor = if *mover == KILL { 0 } else { *mover };
            if !can_move(&stepper, self.race, *mover) {
                let why = &Moment::of(&stepper, self.race)?.choices[actor];
                return Ok(Err(format!("turn {number} is not possible: {why}")));
            }
            moved(&mut stepper, *mover)?;
            if let Some(step) = stepper.steps().last() {
                let StepWords { words, wrong, .. } = words_of(&stepper, step, &self.place);
                let words = words.into_iter().enumerate();
                rows.extend(words.map(|(number, text)| Row {
                    actor,
                    text,
                    decisive: wrong == Some(number),
                }));
            }
        }
        let moment = Moment::of(&stepper, self.race)?;
        let can_move = [0, 1, KILL].map(|mover| can_move(&stepper, self.race, mover));
        let end = match can_move == [false; 3] {
            true => Some(self.place.wrong(&stepper.finish()?)),
            false => None,
        };
        Ok(Ok(View { rows, moment, can_move, end }))
    }

    fn by_moves(&self, moves: &[usize]) -> Result<Played> {
        let view = match self.view(moves)? {
            Ok(view) => view,
            Err(why) => return Ok(Played::WrongCall(why)),
        };
        self.show(&view)?;
        match &view.end {
            Some(end) => self.show_end(end.as_ref())?,
            None if self.race.kills => {
                say!("\nThis is not the end: add turns, 1 for A, 2 for B, or 3 to kill A.")?;
            }
            None => say!("\nThis is not the end: add turns, 1 for A or 2 for B.")?,
        }
        Ok(Played::Done)
    }

    fn by_keys(&self) -> Result<Played> {
        let _keys = Keys::new()?;
        let mut moves = Vec::new();
        loop {
            let view = match self.view(&moves)? {
                Ok(view) => view,
                Err(why) => {
                    say!("{why}. This is a new try.")?;
                    moves.clear();
                    continue;
                }
            };
            say!("\x1b[2J\x1b[H")?;
            self.show(&view)?;
            if let Some(end) = &view.end {
                self.show_end(end.as_ref())?;
            }
            say!("\nu: try again   q: quit")?;
            loop {
                match Keys::next()? {
                    None | Some('q' | '\x03' | '\x04') => return Ok(Played::Done),
                    Some('u') => moves.clear(),
                    Some(key) => match mover(key).filter(|mover| view.can_move[*mover]) {
                        Some(mover) => moves.push(mover),
                        None => continue,
                    },
                }
                break;
            }
        }
    }

    fn show(&self, view: &View) -> Result<()> {
        say!("{}\n", self.race.heading)?;
        self.say(self.race.task)?;
        say!("")?;
        self.show_rows(&view.rows)?;
        say!("")?;
        for (name, value) in &view.moment.file {
            say!("       FILE: {name} is {value}")?;
        }
        let caption = self.race.locks.caption();
        if !caption.is_empty() {
            say!("       {caption}")?;
        }
        for (name, value) in &view.moment.locks {
            self.say_indented(&format!("{name}: {value}"))?;
        }
        say!("")?;
        let kill = "Kill A here".to_owned();
        let choices = view.moment.choices.iter().chain([&kill]);
        for (number, (choice, can)) in (1..).zip(choices.zip(view.can_move)) {
            match can {
                true => self.say_indented(&format!("{number}: {choice}"))?,
                false if number - 1 == KILL => {}
                false => self.say_indented(choice)?,
            }
        }
        Ok(())
    }

    /// Prints a text below the table's columns.
    fn say_indented(&self, text: &str) -> Result<()> {
        const LEFT: &str = "       ";
        const FURTHER: &str = "          ";
        let lines = textwrap::Options::new(self.width);
        say!("{}", textwrap::fill(text, lines.initial_indent(LEFT).subsequent_indent(FURTHER)))
    }

    /// What came of it, and the judge's shortest schedule.
    fn show_end(&self, finding: Option<&Finding>) -> Result<()> {
        self.say(&format!("\n{}", verdict(finding)))?;
        if let Some(lesson) = self.race.lesson.filter(|_| finding.is_some()) {
            self.say(lesson)?;
        }
        let Some(Shortest { schedule, finding, moves }) = self.place.shortest()? else {
            return say!("The judge finds no order that goes wrong.");
        };
        match self.race.kills {
            true => say!("\nThe judge's shortest way:")?,
            false => {
                say!("\nThe judge's shortest schedule is {schedule}:")?;
                self.say(&in_words(&schedule))?;
            }
        }
        say!("just play {} {}\n", self.number, written(&moves))?;
        if let Ok(view) = self.view(&moves)? {
            self.show_rows(&view.rows)?;
        }
        self.say(&format!("\n{}", verdict(Some(&finding))))
    }

    fn show_rows(&self, rows: &[Row]) -> Result<()> {
        let table = Table::of_rows(self.race.heads(), rows.to_vec());
        for line in table.lines(self.width) {
            say!("{line}")?;
        }
        Ok(())
    }

    /// Prints a text in lines that the terminal can show.
    fn say(&self, text: &str) -> Result<()> {
        say!("{}", textwrap::fill(text, self.width))
    }
}

/// The keys of the terminal, one by one. Dropped, it gives the terminal back as it was.
struct Keys {
    before: Termios,
}

impl Keys {
    fn new() -> Result<Self> {
        let before = tcgetattr(io::stdin()).step("tcgetattr")?;
        let mut raw = before.clone();
        // Without ISIG, Ctrl-C is a key: the terminal must be given back first.
        raw.local_flags &= !(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG);
        tcsetattr(io::stdin(), SetArg::TCSANOW, &raw).step("tcsetattr")?;
        Ok(Self { before })
    }

    /// The next key; `None` at the end of the input.
    fn next() -> Result<Option<char>> {
        let mut byte = [0];
        let read = io::stdin().lock().read(&mut byte).step("read from standard input")?;
        Ok((read > 0).then_some(char::from(byte[0])))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // If the terminal is gone, nobody misses its settings.
        let _ = tcsetattr(io::stdin().as_fd(), SetArg::TCSANOW, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_read_by_numbers_and_by_letters() {
        assert_eq!(parsed("1 2\nab", false), Ok(vec![0, 1, 0, 1]));
        assert_eq!(parsed("13k", true), Ok(vec![0, KILL, KILL]));
        assert_eq!(written(&[0, 1, 1]), "122");
        assert!(parsed("1x", true).is_err_and(|why| why.contains("'x' is no turn")));
        assert!(parsed("13", false).is_err_and(|why| why.contains("'3' is no turn")));
    }
}
