//! Where a check works: the program to be judged, and an empty room for it.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Context, Scratch};

use super::{Finding, Trouble, Verdict};
use crate::interleave::replay::Stage;
use crate::observe::{self, FileId, Nobody, Observer, Run};
use crate::place::Settings;
use crate::supervise::{Family, Limits, Room, Start};

/// One check's bench.
pub struct Bench<'a> {
    program: &'a Path,
    settings: &'a Settings,
    scratch: &'a Scratch,
    room: Room,
    rooms: u32,
    limits: Limits,
    notes: Vec<String>,
    spent: Cell<Duration>,
    began: Instant,
}

/// How long a check with two processes may take, what comes after it included.
const MOST: Duration = Duration::from_millis(9500);

impl<'a> Bench<'a> {
    /// A bench with an empty room, for one check.
    ///
    /// # Errors
    /// Those of making a directory.
    pub fn new(
        program: &'a Path,
        settings: &'a Settings,
        scratch: &'a Scratch,
    ) -> common::Result<Self> {
        let room = Room::new(scratch, "room")?;
        Ok(Self {
            program,
            settings,
            scratch,
            room,
            rooms: 0,
            limits: Limits::default(),
            notes: Vec::new(),
            spent: Cell::default(),
            began: Instant::now(),
        })
    }

    /// Where the program works: its FILEs are bare names in here.
    #[must_use]
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// An empty room instead of the one that was.
    ///
    /// # Errors
    /// Those of making a directory.
    pub fn new_room(&mut self) -> common::Result<&Room> {
        self.rooms += 1;
        self.room = Room::new(self.scratch, &format!("room-{}", self.rooms))?;
        Ok(&self.room)
    }

    /// A place for two of the program's processes, with a room of its own.
    ///
    /// # Errors
    /// Those of making a directory.
    pub fn stage(&self, name: &str) -> common::Result<Stage<'a>> {
        let room = Room::new(self.scratch, name)?;
        let late = self.began + MOST;
        Ok(Stage { program: self.program, room, limits: self.limits, late })
    }

    /// What this run of the judge was told, and what it found out about the machine.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        self.settings
    }

    /// Something to be told, whatever the verdict: a measurement that is not judged.
    pub fn note(&mut self, line: String) {
        self.notes.push(line);
    }

    /// What was noted.
    #[must_use]
    pub fn notes(self) -> Vec<String> {
        self.notes
    }

    /// The limits of the runs from now on.
    pub fn limits(&mut self) -> &mut Limits {
        &mut self.limits
    }

    /// The program with these arguments, to be started.
    #[must_use]
    pub fn start(&self, arguments: &[&str]) -> Start {
        Start::new(self.program, arguments)
    }

    /// The same with arguments that need be no UTF-8.
    #[must_use]
    pub fn start_os(&self, arguments: impl IntoIterator<Item = OsString>) -> Start {
        Start::new(self.program, arguments)
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// `hang` and other broken limits, which end the exercise; faults of the judge.
    pub fn run(&self, arguments: &[&str]) -> Verdict<Run> {
        self.observe(&self.start(arguments), &mut Nobody)
    }

    /// Runs a program to its end, with somebody who looks while it runs.
    ///
    /// # Errors
    /// As [`run`](Self::run), and those of the observer.
    pub fn observe(&self, start: &Start, observer: &mut dyn Observer) -> Verdict<Run> {
        // Ten seconds are a check's, however many runs it makes.
        let wall = self.limits.wall.saturating_sub(self.spent.get());
        let limits = Limits { wall, ..self.limits };
        let mut family = Family::new(&self.room, limits, self.settings.ground.ptrace)?;
        let run = observe::run(&mut family, start, observer)?;
        self.spent.set(self.spent.get() + run.time);
        match run.breach {
            None => Ok(run),
            Some(breach) => {
                let called = format!("`{}`", run.called);
                let finding = Finding::new(
                    observe::diagnosis_of(breach),
                    format!("{called} ends by itself, within the limits"),
                    format!("{called} {breach}"),
                );
                Err(Trouble::Ended(Box::new(finding)))
            }
        }
    }

    /// A family without members in this room, for checks that drive their processes themselves.
    ///
    /// # Errors
    /// Those of making a thread.
    pub fn family(&self) -> common::Result<Family<'_>> {
        Family::new(&self.room, self.limits, self.settings.ground.ptrace)
    }

    /// The same in a room elsewhere.
    ///
    /// # Errors
    /// Those of making a thread.
    pub fn family_in<'r>(&self, room: &'r Room) -> common::Result<Family<'r>> {
        Family::new(room, self.limits, self.settings.ground.ptrace)
    }

    /// Which file that is, for asking which calls were about it.
    ///
    /// # Errors
    /// `file-gone`: there is none.
    pub fn identity(&self, name: &str) -> Verdict<FileId> {
        super::expect::identity(&self.room.path().join(name))
    }

    /// The bytes of a file in the room; a link is none.
    ///
    /// # Errors
    /// `file-gone`: there is none, or it is no regular file any more.
    pub fn read(&self, name: &str) -> Verdict<Vec<u8>> {
        let mut file = self.open(name)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).step_on("read", &self.room.path().join(name))?;
        Ok(bytes)
    }

    /// A file in the room, opened for reading; a link is none.
    ///
    /// # Errors
    /// `file-gone`: there is none, or it is no regular file any more.
    pub fn open(&self, name: &str) -> Verdict<File> {
        let gone = |what: String| {
            Trouble::from(Finding::new("file-gone", format!("{name} is a regular file"), what))
        };
        let file = self.room.open(name).map_err(|failure| gone(failure.to_string()))?;
        let found = file.metadata().step_on("stat", &self.room.path().join(name))?;
        if found.is_file() { Ok(file) } else { Err(gone("it is none".into())) }
    }
}
