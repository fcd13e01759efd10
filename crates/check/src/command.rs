//! The command line.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use common::clap::{self, Args, CommandFactory, Parser, Subcommand};
use common::{Context, Failure, Result, Scratch, say};
use explore::schedule::Schedule;
use sandbox::WorkDirectory;
use tracer::processors;

use crate::batch::{Batch, Ended, WrongCall};
use crate::build::Built;
use crate::compile::compiled;
use crate::exercises::{Exercise, exercise};
use crate::judge::judge;
use crate::language::Language;
use crate::machine::{Machine, Settings};
use crate::play::terminal::{self, Played};
use crate::play::{RaceFixture, races, recording};
use crate::report::{
    ExerciseOutcome, Format, JudgedFiles, Named, Report, for_screen, html, on_screen, written,
};
use crate::verdict::CheckError;
use crate::{batch, build, cards, counterpart, hints, progress, proof, reset, watch};

/// Judge an exercise's program by what it does: its mappings, pages, system calls, and the disk.
///
/// Without an exercise, show your progress: the last verdicts. With a --format, judge all your programs. Exit status: 0 solved, 1 not solved, 2 wrong call, 3 no
/// verdict (this machine cannot judge the exercise, or nothing was wrong in the one order of a --schedule), 4 an
/// error in the judge.
#[derive(Parser)]
#[command(
    name = "check",
    bin_name = "cargo check-exercise",
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    judged: JudgeArguments,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("judged").multiple(true))]
struct JudgeArguments {
    /// Judge this exercise, 1 to 6
    #[arg(value_name = "N", value_parser = known, group = "judged")]
    exercise: Option<u8>,
    /// Judge this program, in any language, instead of your Rust program. A source file (.c, .cpp or .rs)
    /// is compiled first, and a .py file is run by python3
    #[arg(long, value_name = "PATH", requires = "exercise")]
    program: Option<PathBuf>,
    /// Judge the folder of one student: the files exercise-N in DIR, or only the one of exercise N
    #[arg(
        long,
        value_name = "DIR",
        group = "judged",
        conflicts_with_all = ["program", "directory", "schedule"]
    )]
    submission: Option<PathBuf>,
    /// Choose the format of the verdict
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Judge on this processor of those that the judge was given, counted from 0
    #[arg(long, value_name = "PLACE", hide = true)]
    place: Option<usize>,
    /// Replay one schedule that a verdict names (exercises 2 and 5). It is no verdict that nothing is wrong
    /// in this order
    #[arg(long, value_name = "SCHEDULE", requires = "exercise")]
    schedule: Option<Schedule>,
    /// Write the verdict into FILE, too: a page for a browser, in which you go through what the processes did,
    /// step by step, with the lines of the source and the pages of the file
    #[arg(long, value_name = "FILE", requires = "exercise", conflicts_with_all = ["directory", "submission"])]
    html: Option<PathBuf>,
    /// Draw the inputs from the seed that a verdict names
    #[arg(long, value_name = "SEED", requires = "judged")]
    seed: Option<u64>,
    /// Test the judge itself with right and wrong programs
    #[arg(long, conflicts_with_all = ["exercise", "directory", "submission"])]
    proof: bool,
    #[command(flatten)]
    batch: Batch,
}

#[derive(Subcommand)]
enum Command {
    /// Show the task, and what is judged
    Card {
        #[arg(value_name = "N", value_parser = known)]
        exercise: u8,
        /// Show it in Markdown, for a web page
        #[arg(long)]
        markdown: bool,
    },
    /// Show the next hint for the last diagnosis
    Hint {
        #[arg(value_name = "N", value_parser = known)]
        exercise: u8,
    },
    /// Judge your program again whenever you save it
    Watch {
        #[arg(value_name = "N", value_parser = known)]
        exercise: u8,
        /// Judge this program, or this source file, whenever it is saved or built again, instead of your Rust
        /// program
        #[arg(long, value_name = "PATH")]
        program: Option<PathBuf>,
    },
    /// Join the results of several batches (files of --results or of --format jsonl)
    Merge {
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Choose the format
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: Format,
        /// Write feedback for students into DIR, too: a file in Markdown for each student
        #[arg(long, value_name = "DIR")]
        each: Option<PathBuf>,
    },
    /// Judge one submission of a class, for the process that judges the class
    #[command(hide = true)]
    Submission {
        #[arg(value_name = "N", value_parser = known)]
        exercise: u8,
        file: PathBuf,
        #[arg(long)]
        place: usize,
        #[arg(long)]
        timing: PathBuf,
        #[arg(long)]
        seed: u64,
    },
    /// Play a race: choose which of two processes moves next. Without N, list the races
    Play {
        #[arg(value_name = "N")]
        race: Option<usize>,
        /// Give these turns: 1 to A, 2 to B. In a pipe, they can come from standard input
        #[arg(value_name = "TURNS", requires = "race")]
        turns: Vec<String>,
        /// Print all orders of the race, for the book
        #[arg(long, hide = true, requires = "race")]
        record: bool,
    },
    /// Restore the starter, and keep your file beside it
    Reset {
        #[arg(value_name = "N", value_parser = known)]
        exercise: u8,
    },
}

const SOLVED: u8 = 0;
const NOT_SOLVED: u8 = 1;
const WRONG_CALL: u8 = 2;
const CANNOT: u8 = 3;
const FAULT: u8 = 4;
/// As a shell says it of a program that SIGINT has ended.
const INTERRUPTED: u8 = 130;

fn known(number: &str) -> std::result::Result<u8, String> {
    let parsed = number.parse().ok().filter(|number| exercise(*number).is_some());
    parsed.ok_or_else(|| "give an exercise, 1 to 6".into())
}

/// Runs the command; the exit status is the verdict.
#[must_use]
pub fn main() -> ExitCode {
    let done = match hidden_role() {
        Some(done) => done.map(|()| SOLVED),
        None => judge_or_print(),
    };
    sandbox::zygote::end(); // Nothing of the judge lives longer than it does.
    match done {
        Ok(status) => ExitCode::from(status),
        Err(failure) if let Some(why) = is_the_callers(&failure) => {
            ExitCode::from(wrong_call(&WrongCall(why)))
        }
        Err(failure) => {
            complain(&failure);
            ExitCode::from(match CheckError::from(failure) {
                CheckError::Fault(_) => FAULT,
                _ => CANNOT,
            })
        }
    }
}

/// If the caller has given no place to work in: what to do.
fn is_the_callers(failure: &Failure) -> Option<String> {
    let scratch = std::env::var_os("LESSON_SCRATCH").map(PathBuf::from);
    // The same words: it has failed in this.
    let lacks_a_checkout =
        common::root().is_err_and(|none| none.to_string() == failure.to_string());
    match &scratch {
        None if lacks_a_checkout => Some(format!(
            "{failure}. To judge with --program elsewhere, set LESSON_SCRATCH to a directory"
        )),
        Some(_) if lacks_a_checkout => Some(failure.to_string()),
        Some(path) if !path.is_dir() => Some(format!(
            "LESSON_SCRATCH names no directory: {}. Make it, or unset it",
            path.display()
        )),
        _ => None,
    }
}

/// What a person calls: in a process that is the same whoever has started it.
fn judge_or_print() -> Result<u8> {
    sandbox::prepare_judge()?;
    if sandbox::has_room_on_the_stack() {
        let judged = std::panic::catch_unwind(parse_and_run);
        return judged.map_err(|_| std::io::Error::other("a panic")).step("judge")?;
    }
    // A thread's stack is not bound by the limit on the first one's. The command line alone takes 128 KiB.
    let roomy = std::thread::Builder::new().stack_size(8 << 20);
    let judge = roomy.spawn(parse_and_run).step("start a thread")?;
    judge.join().map_err(|_| std::io::Error::other("a panic")).step("judge")?
}

fn parse_and_run() -> Result<u8> {
    let words: Vec<_> = std::env::args_os().skip(1).take(2).collect();
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    if let Some(why) = words.first().and_then(|first| no_command(first)).or_else(|| second(&words))
    {
        return Ok(wrong_call(&WrongCall(why)));
    }
    let arguments = Arguments::parse();
    if sandbox::standard_output_was_closed() {
        let why = "it is closed, so nobody would be told";
        complain(&Failure::refusal("write to", Path::new("standard output"), why));
        return Ok(CANNOT);
    }
    run(arguments)
}

/// What is said of a first word that is neither a command nor an exercise.
fn no_command(first: &str) -> Option<String> {
    let known = Arguments::command();
    let names: Vec<_> = known
        .get_subcommands()
        .filter(|one| !one.is_hide_set())
        .map(|one| one.get_name().to_owned())
        .collect();
    let is_known = known.find_subcommand(first).is_some() || first == "help";
    let is_number = first.parse::<i64>().is_ok();
    (!is_known && !is_number && !first.starts_with('-')).then(|| {
        format!(
            "there is no command {first:?}. Give an exercise, 1 to 6, or one of these: {}",
            names.join(", ")
        )
    })
}

/// What is said of a second word after an exercise, where only an option can follow.
fn second(words: &[Cow<'_, str>]) -> Option<String> {
    let [first, second] = words else { return None };
    let is_number = |word: &str| word.parse::<i64>().is_ok();
    if !is_number(first) || second.starts_with('-') {
        return None;
    }
    let is_command = Arguments::command().find_subcommand(second.as_ref()).is_some();
    Some(match is_command {
        true => format!("the command comes before the exercise: {second} {first}"),
        false if is_number(second) => {
            format!("give one exercise at a time: first {first}, then {second}")
        }
        false => format!("{second:?} is no option. To judge this program, give --program {second}"),
    })
}

fn complain(failure: &Failure) {
    let _ = writeln!(std::io::stderr(), "error: {failure}"); // Nowhere else to say it.
}

/// Runs a hidden role. `confined CONFINEMENT PROGRAM ARGUMENT…` becomes the untrusted program. The zygote forks
/// processes that become it. The counterpart runs beside an untraced program. Each run begins with one of these roles,
/// so they skip the command line's parser. `None` if this is no hidden role.
#[must_use]
pub fn hidden_role() -> Option<Result<()>> {
    let mut words = std::env::args_os().skip(1);
    let role = words.next()?;
    if role == sandbox::zygote::ROLE {
        return Some(sandbox::zygote::serve());
    }
    if role == counterpart::ROLE {
        return Some(counterpart::run(words.filter_map(|word| word.into_string().ok())));
    }
    if role != "confined" {
        return None;
    }
    let confinement = words.next()?.into_string().ok()?;
    let program = PathBuf::from(words.next()?);
    Some(sandbox::confined::become_program(
        &confinement,
        &program,
        words.collect::<Vec<OsString>>(),
    ))
}

fn run(arguments: Arguments) -> Result<u8> {
    match arguments.command {
        None => verdict(arguments.judged),
        Some(Command::Card { exercise, markdown: true }) => {
            print(&cards::markdown(found(exercise)?))
        }
        Some(Command::Card { exercise, .. }) => print(&cards::card(found(exercise)?, width())),
        Some(Command::Hint { exercise }) => show(&hint(found(exercise)?)?),
        Some(Command::Watch { exercise, program: None }) => watched(found(exercise)?),
        Some(Command::Watch { exercise, program: Some(program) }) => {
            watched_program(found(exercise)?, &program)
        }
        Some(Command::Merge { files, format, each }) => joined(&files, format, each.as_deref()),
        Some(Command::Submission { exercise, file, place, timing, seed }) => {
            common::end_with_parent()?;
            processors::choose(place);
            submission(found(exercise)?, &file, timing, seed)
        }
        Some(Command::Play { race: Some(race), record: true, .. }) => record(race),
        Some(Command::Play { race, turns, .. }) => played(race, &turns),
        Some(Command::Reset { exercise }) => {
            match reset::reset(&build::source(exercise)?, &build::starter(exercise)?)? {
                Some(kept) => say!("The starter is back; yours is {}", kept.display())?,
                None => say!("The starter is back; there was nothing of yours to keep.")?,
            }
            hints::forget(exercise)?;
            Ok(SOLVED)
        }
    }
}

fn joined(files: &[PathBuf], format: Format, each: Option<&Path>) -> Result<u8> {
    Ok(match batch::merged(files, format, each)? {
        Ok(how) => ended(how),
        Err(why) => wrong_call(&why),
    })
}

fn played(race: Option<usize>, turns: &[String]) -> Result<u8> {
    let turns = (!turns.is_empty()).then(|| turns.concat());
    Ok(match terminal::play(race, turns.as_deref(), width())? {
        Played::Done => SOLVED,
        Played::WrongCall(why) => wrong_call(&WrongCall(why)),
        Played::Cannot(why) => {
            complain(&Failure::refusal("play", Path::new("the race"), why));
            CANNOT
        }
    })
}

/// Prints all orders of a race as JSON.
fn record(number: usize) -> Result<u8> {
    let races = races()?;
    let none = || Failure::refusal("record", Path::new("a race"), "there is no such race");
    let race = number.checked_sub(1).and_then(|index| races.get(index)).ok_or_else(none)?;
    let (scratch, program) = (sandbox::scratch()?, race.build()?);
    print(&recording::recorded(&RaceFixture::new(race, &program, &scratch))?)
}

fn proved() -> Result<u8> {
    let rows = proof::run(Path::new("/proc/self/exe"), proof::answers()?)?;
    say!("{}", proof::table(&rows))?;
    Ok(match rows.iter().all(proof::Row::holds) {
        true => SOLVED,
        false if rows.iter().all(|row| row.holds() || row.is_skipped()) => CANNOT,
        false => NOT_SOLVED,
    })
}

fn verdict(asked: JudgeArguments) -> Result<u8> {
    let format = asked.format.unwrap_or(Format::Text);
    if asked.proof {
        return proved();
    }
    if let Some(directory) = &asked.batch.directory {
        return match batch::judge_class(
            &asked.batch,
            directory,
            asked.exercise,
            asked.seed,
            format,
        )? {
            Ok(how) => Ok(ended(how)),
            Err(why) => Ok(wrong_call(&why)),
        };
    }
    if let Some(folder) = &asked.submission {
        return of_one_student(folder, &asked, format);
    }
    if let Some(place) = asked.place {
        processors::choose(place);
    }
    match asked.exercise {
        Some(number) => of_one(found(number)?, asked, format),
        None if format == Format::Text => table(),
        None => of_all(format),
    }
}

/// The last verdicts. Without all sources, they are not all that there is to tell.
fn table() -> Result<u8> {
    print(&progress::table(width())?)?;
    Ok(if build::missing_sources()?.is_empty() { SOLVED } else { NOT_SOLVED })
}

/// The verdicts on the learner's programs. A program that is not solved is a verdict like the others; a
/// missing one is none.
fn of_all(format: Format) -> Result<u8> {
    let scratch = sandbox::scratch()?;
    let reports = progress::all(&Settings::new(Machine::of(&scratch)?))?;
    print(&written(&named(&reports), format)?)?;
    Ok(if build::missing_sources()?.is_empty() { SOLVED } else { NOT_SOLVED })
}

/// The verdict on a program for one exercise.
fn of_one(exercise: &Exercise, asked: JudgeArguments, format: Format) -> Result<u8> {
    let number = exercise.number;
    if let Some(why) = asked.schedule.as_ref().and_then(|one| is_of_another(one, exercise)) {
        return Ok(wrong_call(&why));
    }
    let scratch = sandbox::scratch()?;
    if asked.program.is_none() && format == Format::Text && build::is_untouched(number)? {
        show(&progress::welcome(exercise)?)?;
        hints::forget(number)?; // The next hint is about the starter, too.
        return Ok(NOT_SOLVED);
    }
    if let Some(program) = &asked.program
        && let Err(failure) = is_file(program)
    {
        complain(&failure);
        return Ok(WRONG_CALL);
    }
    // Nobody waits for a verdict that cannot be written down.
    let page = asked.html.map(|file| Ok((File::create(&file).step_on("create", &file)?, file)));
    let page = match page.transpose() {
        Ok(page) => page,
        Err(failure) => {
            complain(&failure);
            return Ok(WRONG_CALL);
        }
    };
    let settings = Settings::new(Machine::of(&scratch)?);
    let seed = asked.seed.unwrap_or(settings.seed);
    let settings = Settings {
        schedule: asked.schedule,
        seed,
        for_a_page: page.is_some(),
        is_awaited: format == Format::Text,
        ..settings
    };
    let command = called(number, asked.program.as_deref());
    let program = asked.program.map(|program| absolute(&program)).transpose()?;
    let content = program.as_deref().map(progress::content_of);
    let report = match &program {
        Some(program) => of_file(exercise, program, &scratch, &settings)?,
        None => progress::judge_with_progress(exercise, &settings)?,
    };
    match format {
        Format::Text => show_report(&report)?,
        _ => print(&written(&[Named::from(&report)], format)?)?,
    };
    if let Some((mut page, file)) = page {
        let text = html::written(&report, &command, &judged_files(number, program.as_deref())?)?;
        page.write_all(text.as_bytes()).step_on("write", &file)?;
    }
    // Programs read the other formats, and ask for no hint.
    if format == Format::Text
        && let (Some(program), Some(content)) = (&program, content)
    {
        remember(&report, program, content);
    }
    Ok(status(&report))
}

/// The files from which a page may show lines: the learner's own source, the source that was given to be
/// compiled, or what is beside the program that was given.
fn judged_files(exercise: u8, given: Option<&Path>) -> Result<JudgedFiles> {
    let given = given.map(Path::to_path_buf);
    Ok(match given {
        None => JudgedFiles { source: Some(build::source(exercise)?), program: None },
        Some(file) if Language::to_compile(&file).is_some() => {
            JudgedFiles { source: Some(file), program: None }
        }
        program => JudgedFiles { source: None, program },
    })
}

/// How a person calls the judge for this program.
fn called(exercise: u8, program: Option<&Path>) -> String {
    let program = program.map(|program| format!(" --program {}", program.display()));
    format!("just check {exercise}{}", program.unwrap_or_default())
}

/// Remembers the verdict on a program that is not the learner's own one, and was `content` when it was judged.
/// Outside a checkout nobody can ask for a hint or for the table.
fn remember(report: &Report, program: &Path, content: u64) {
    if report.is_verdict() {
        let _ = hints::remember(report, Some(program));
        let _ = progress::remember_other(report, program, content);
    }
}

/// Builds a submission in the sandbox if it is a source, judges it, and prints the report as JSON.
fn submission(exercise: &Exercise, file: &Path, timing: PathBuf, seed: u64) -> Result<u8> {
    let scratch = sandbox::scratch()?;
    let settings = Settings { timing: Some(timing), seed, ..Settings::new(Machine::of(&scratch)?) };
    let report = match Language::of(file) {
        None => judge(exercise, file, &settings)?,
        Some(language) => of_source(exercise, file, language, &scratch, &settings)?,
    };
    print(&written(&[Named::from(&report)], Format::Json)?)
}

/// Judges a program as it stands, or what its source gives.
fn of_file(
    exercise: &Exercise,
    file: &Path,
    scratch: &Scratch,
    settings: &Settings,
) -> Result<Report> {
    let Some(language) = Language::to_compile(file) else {
        return judge(exercise, file, settings);
    };
    let source = file.canonicalize().step_on("resolve", file)?; // The compiler gets no link.
    let report = of_source(exercise, &source, language, scratch, settings)?;
    let alone = "Only this file was compiled. If the program has others, compile it, and judge the program.";
    let compiler = report.compiler.map(|said| format!("{}\n{alone}", said.trim_end()));
    Ok(Report { program: file.display().to_string(), compiler, ..report })
}

/// Builds a source in the sandbox, and judges the program.
fn of_source(
    exercise: &Exercise,
    source: &Path,
    language: Language,
    scratch: &Scratch,
    settings: &Settings,
) -> Result<Report> {
    let directory = WorkDirectory::new(scratch, "compiler")?;
    match compiled(source, language, &directory, settings)? {
        Built::Program(program) => judge(exercise, &program, settings),
        Built::Refused(said) => Ok(Report::not_built(exercise, source, &settings.machine, &said)),
    }
}

/// The verdicts on one student's folder; the exit status is the worst of them.
fn of_one_student(folder: &Path, asked: &JudgeArguments, format: Format) -> Result<u8> {
    match batch::of_one_student(folder, asked.exercise, asked.seed)? {
        Ok(judged) => {
            if format == Format::Text {
                for (report, file) in &judged {
                    remember(report, file, progress::content_of(file));
                }
            }
            let reports: Vec<Report> = judged.into_iter().map(|(report, _)| report).collect();
            print(&(written(&named(&reports), format)?.trim_end().to_owned() + "\n"))?;
            Ok(reports.iter().map(status).max().unwrap_or(SOLVED))
        }
        Err(why) => Ok(wrong_call(&why)),
    }
}

/// Why a schedule is none of this exercise's.
fn is_of_another(schedule: &Schedule, exercise: &Exercise) -> Option<WrongCall> {
    let (number, name) = (exercise.number, &schedule.scenario);
    let own = (exercise.scenarios)();
    if own.contains(&name.as_str()) {
        return None;
    }
    let have = match own.is_empty() {
        true => format!("exercise {number} has no schedules"),
        false => format!("exercise {number} has no scenario {name:?}, but {}", own.join(", ")),
    };
    Some(WrongCall(format!("--schedule {schedule}: {have}")))
}

fn wrong_call(WrongCall(why): &WrongCall) -> u8 {
    let _ = writeln!(std::io::stderr(), "error: {why}"); // Nowhere else to say it.
    WRONG_CALL
}

fn named(reports: &[Report]) -> Vec<Named<'_>> {
    reports.iter().map(Named::from).collect()
}

/// The exit status of a batch: whether everything was judged, whatever the verdicts are.
fn ended(how: Ended) -> u8 {
    match how {
        Ended::Complete => SOLVED,
        Ended::Unjudged => CANNOT,
        Ended::Faults => FAULT,
        Ended::Interrupted => INTERRUPTED,
    }
}

/// Only a regular file can be a program: nothing is started for anything else.
fn is_file(program: &Path) -> Result<()> {
    match std::fs::metadata(program).step_on("open", program)?.is_file() {
        true => Ok(()),
        false => Err(Failure::refusal("judge", program, "it is no regular file")),
    }
}

/// Judges the learner's own program on each save.
fn watched(exercise: &Exercise) -> Result<u8> {
    let number = exercise.number;
    let what = format!("exercise {number}");
    on_each_save(&build::source(number)?, &what, || {
        let (_scratch, settings) = prepared()?;
        match build::is_untouched(number)? {
            true => show(&progress::welcome(exercise)?),
            false => show_report(&progress::judge_with_progress(exercise, &settings)?),
        }
    })
}

/// Judges another program on each save.
fn watched_program(exercise: &Exercise, program: &Path) -> Result<u8> {
    if let Err(failure) = is_file(program) {
        complain(&failure);
        return Ok(WRONG_CALL);
    }
    let what = format!("{} for exercise {}", program.display(), exercise.number);
    let program = absolute(program)?;
    on_each_save(&program, &what, || {
        let (scratch, settings) = prepared()?;
        let content = progress::content_of(&program);
        let report = of_file(exercise, &program, &scratch, &settings)?;
        remember(&report, &program, content);
        show_report(&report)
    })
}

/// Says that it judges, on a terminal on a clear screen, and judges, now and on each save of this file.
fn on_each_save(file: &Path, what: &str, mut judge: impl FnMut() -> Result<u8>) -> Result<u8> {
    watch::watch(file, |was_saved| {
        let clear = if std::io::stdout().is_terminal() { "\x1b[2J\x1b[3J\x1b[H" } else { "" };
        let saved = if was_saved { "Saved. " } else { "" };
        say!("{clear}{saved}Judging {what} …")?;
        if let Err(failure) = judge() {
            complain(&failure); // The next save may be judged.
        }
        say!("Waiting for the next save. Ctrl-C ends.")
    })?;
    Ok(SOLVED)
}

/// Where to judge a program whose verdict a person waits for, and how.
fn prepared() -> Result<(Scratch, Settings)> {
    let scratch = sandbox::scratch()?;
    let settings = Settings { is_awaited: true, ..Settings::new(Machine::of(&scratch)?) };
    Ok((scratch, settings))
}

/// Nothing is wrong with a starter: there is one next step, and it is the first. But the last verdict
/// may be about another program.
fn hint(exercise: &Exercise) -> Result<String> {
    let number = exercise.number;
    if let Some(said) = build::missing_source(number)?
        && !hints::is_about_another_program(number)?
    {
        return Ok(said + "\n");
    }
    match build::is_untouched(number)? && !hints::is_about_another_program(number)? {
        true => progress::welcome(exercise),
        false => hints::next(exercise),
    }
}

fn status(report: &Report) -> u8 {
    match report.outcome {
        ExerciseOutcome::Solved => SOLVED,
        ExerciseOutcome::NotSolved => NOT_SOLVED,
        ExerciseOutcome::CannotBeJudged => CANNOT,
    }
}

fn found(number: u8) -> Result<&'static Exercise> {
    let none = || Failure::refusal("judge", Path::new(""), "there is no such exercise");
    exercise(number).ok_or_else(none)
}

/// The program by a path that means the same from the directory.
fn absolute(program: &Path) -> Result<PathBuf> {
    std::path::absolute(program).step_on("resolve", program)
}

/// How many columns the terminal has, if there is one.
fn columns() -> Option<usize> {
    // Of standard output only: what goes to a pipe is not folded for the terminal beside it.
    let output = std::io::stdout();
    let size = terminal_size::terminal_size_of(&output);
    let known = size.map(|(columns, _)| usize::from(columns.0));
    let set = std::env::var("COLUMNS").ok();
    known.or_else(|| output.is_terminal().then(|| columns_without_a_size(set.as_deref())))
}

/// Of a terminal that does not know its size, as one without rows: what COLUMNS says, or else the usual.
fn columns_without_a_size(set: Option<&str>) -> usize {
    const USUAL: usize = 80;
    const LEAST: usize = 20;
    let set = set.and_then(|columns| columns.parse().ok());
    set.filter(|columns| *columns >= LEAST).unwrap_or(USUAL)
}

/// How wide a card or the table of the verdicts is.
fn width() -> usize {
    cards::width(columns())
}

/// Prints a text for people: on a terminal folded and in colour.
fn show(text: &str) -> Result<u8> {
    show_folded(&columns().map_or_else(|| text.to_owned(), |columns| on_screen(text, columns)))
}

/// Prints a report for people, as [`show`]: its tables fit into the terminal.
fn show_report(report: &Report) -> Result<u8> {
    match columns() {
        Some(columns) => show_folded(&for_screen(report, columns)),
        None => print(&written(&[Named::from(report)], Format::Text)?),
    }
}

fn show_folded(shown: &str) -> Result<u8> {
    let mut output = anstream::stdout().lock(); // It drops the colours for NO_COLOR and TERM=dumb.
    let printed = output.write_all(shown.as_bytes()).and_then(|()| output.flush());
    printed.step("write to standard output")?;
    Ok(SOLVED)
}

fn print(text: &str) -> Result<u8> {
    let mut output = std::io::stdout().lock();
    let printed = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    printed.step("write to standard output")?;
    Ok(SOLVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_word_that_is_no_command_is_told_with_those_that_are() {
        let said = no_command("chek").unwrap_or_default();
        assert!(said.starts_with("there is no command \"chek\""), "{said}");
        assert!(said.ends_with("card, hint, watch, merge, play, reset"), "{said}");
        for known in ["1", "7", "-1", "--batch", "card", "submission", "help"] {
            assert_eq!(no_command(known), None, "{known}");
        }
    }

    #[test]
    fn a_terminal_that_does_not_know_its_size_has_what_columns_says_or_80() {
        assert_eq!(columns_without_a_size(Some("100")), 100);
        for unfit in [None, Some(""), Some("0"), Some("wide")] {
            assert_eq!(columns_without_a_size(unfit), 80, "{unfit:?}");
        }
    }
}
