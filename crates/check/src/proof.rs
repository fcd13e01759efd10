//! The judge, judged: right and wrong answers, each with the verdict that it must get.
//!
//! An answer says in its first line what must come out of it: `verdict: solved` (edges included),
//! `verdict: core` (solved, whatever its edges are), `verdict: edge DIAGNOSIS` (solved, and this is the
//! next edge), `verdict: DIAGNOSIS`, or `verdict: refused` for any refusal. With `, waits` at its end,
//! the processor is idle for most of the verdict. Those in `every-exercise` are tried on all; those in
//! `hostile`, which attack the judge, on the first.
//!
//! Those in `more` are no part of the table, which would take too long. A test of their own judges them.
//!
//! An answer in a language that this machine lacks is not judged. The table names it.

use std::cmp::Reverse;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use common::{Context, Failure, Result, root};
use procfs::{Current, LoadAverage};
use serde_json::Value;

use crate::build::{broken, cargo};
use crate::exercises::{EXERCISES, exercise};

/// The folder of the answers that are not in the table: right ones in C++, Go and Java, and more wrong ones.
pub const MORE: &str = "more";

/// How the verdict on an answer begins that was not judged: this machine lacks the tool that it needs.
const SKIPPED: &str = "skipped: no ";

/// How the judge says that it cannot judge now, and could on another machine.
pub const BUSY: &str = "less busy";

/// One answer to one exercise.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Which exercise it is tried on.
    pub exercise: u8,
    /// Its folder and name: `exercise-1/reference`.
    pub name: String,
    /// `solved`, `core`, `edge` and a diagnosis, a diagnosis, or `refused`.
    pub required: String,
    source: PathBuf,
    waits: bool,
}

impl Answer {
    /// How its file's name ends.
    #[must_use]
    pub fn language(&self) -> &str {
        self.source.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
    }

    /// How many lines it has; the first of them is not the answer's.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn lines(&self) -> Result<usize> {
        let text = fs::read_to_string(&self.source).step_on("read", &self.source)?;
        Ok(text.lines().count().saturating_sub(1))
    }

    /// The tool that it needs, which may be missing.
    fn tool(&self) -> Option<&'static str> {
        match self.language() {
            "cpp" => Some("c++"),
            "py" => Some("python3"),
            "go" => Some("go"),
            "java" => Some("javac"),
            _ => None,
        }
    }

    /// Whether this machine has all that it needs.
    fn can_be_built(&self) -> bool {
        let path: OsString = match self.language() {
            "py" => sandbox::SEARCH_PATH.into(), // The judged program looks for its interpreter.
            _ => env::var_os("PATH").unwrap_or_default(),
        };
        self.has_its_tool_in(&path)
    }

    fn has_its_tool_in(&self, path: &OsStr) -> bool {
        self.tool().is_none_or(|tool| env::split_paths(path).any(|place| place.join(tool).exists()))
    }
}

/// An answer and what the judge said.
#[derive(Clone, Debug)]
pub struct Row {
    /// The answer.
    pub answer: Answer,
    /// `solved`, `edge` and the next edge's diagnosis, or the diagnosis.
    pub verdict: String,
    /// The checks that did not pass or could not be made, and what was seen in each.
    pub evidence: Vec<String>,
    /// How long judging took.
    pub took: Duration,
}

impl Row {
    /// That of an answer whose language this machine lacks.
    fn skipped(answer: Answer) -> Self {
        let verdict = format!("{SKIPPED}{}", answer.tool().unwrap_or_default());
        Self { verdict, answer, evidence: Vec::new(), took: Duration::ZERO }
    }

    /// Whether it was not judged, because this machine lacks a tool.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        self.verdict.starts_with(SKIPPED)
    }

    /// Whether that is what it must get.
    #[must_use]
    pub fn holds(&self) -> bool {
        match self.answer.required.as_str() {
            "refused" => {
                EXERCISES.iter().any(|exercise| exercise.diagnosis(&self.verdict).is_some())
            }
            "core" => self.verdict == "solved" || self.verdict.starts_with("edge "),
            required => self.verdict == required,
        }
    }
}

/// All answers of the table, by exercise and name.
///
/// # Errors
/// One cannot be read, or does not say what it must get.
pub fn answers() -> Result<Vec<Answer>> {
    answers_in("")
}

/// The answers in a folder of the proof, such as [`MORE`].
///
/// # Errors
/// As [`answers`].
pub fn answers_in(part: &str) -> Result<Vec<Answer>> {
    let mut answers = Vec::new();
    for folder in listed(&root()?.join("crates/check/proof").join(part))? {
        let group = name_of(&folder);
        let numbers: Vec<u8> = match group.strip_prefix("exercise-").map(str::parse) {
            Some(Ok(number)) if exercise(number).is_some() => vec![number],
            _ if group == "every-exercise" => EXERCISES.iter().map(|one| one.number).collect(),
            _ if group == "hostile" => vec![1],
            _ => continue,
        };
        let group = Path::new(part).join(group).display().to_string();
        for source in listed(&folder)? {
            let text = fs::read_to_string(&source).step_on("read", &source)?;
            let first = text.lines().next().unwrap_or_default();
            let required = first
                .split_once("verdict: ")
                .map(|(_, rest)| rest.trim_end_matches("*/").trim().to_owned());
            let required = required.ok_or_else(|| {
                Failure::refusal("read", &source, "its first line names no verdict")
            })?;
            let (required, waits) = match required.strip_suffix(", waits") {
                Some(required) => (required.to_owned(), true),
                None => (required, false),
            };
            let stem = source.file_stem().unwrap_or_default().to_string_lossy();
            let name = format!("{group}/{stem}");
            answers.extend(numbers.iter().map(|exercise| Answer {
                exercise: *exercise,
                name: name.clone(),
                required: required.clone(),
                source: source.clone(),
                // In exercise 2 a process waits for five seconds, and then gives up.
                waits: waits || *exercise == 2,
            }));
        }
    }
    answers.sort_by_key(|answer| (answer.exercise, answer.name.clone()));
    Ok(answers)
}

/// Builds these answers and lets `check` judge each: on each processor one that keeps it busy, and, if the
/// machine is not busy with other things, two that mostly wait, or at the end a second one that keeps it busy.
///
/// # Errors
/// One cannot be built, or the judge cannot be started.
pub fn run(check: &Path, answers: Vec<Answer>) -> Result<Vec<Row>> {
    let (mut answers, lacking): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(Answer::can_be_built);
    let programs = build(&answers)?;
    let scratch = sandbox::scratch()?;
    if common::file_system(scratch.path())? == "tmpfs" {
        // It holds a file of any length: no `poke` fails after it has made its file.
        let leaving = answers.iter_mut().filter(|answer| answer.name == "exercise-1/leaves_file");
        leaving.for_each(|answer| answer.required = "solved".into());
    }
    if !crate::disk::has_disk(scratch.path())? {
        // Without a disk, nothing is durable, and nothing can be said about exercise 3.
        let about_disks = answers.iter_mut().filter(|answer| answer.exercise == 3);
        about_disks.for_each(|answer| answer.required = "cannot".into());
    }
    drop(scratch);
    let [busy, waiting] = queues(answers.into_iter().zip(programs));
    // Of the threads of one processor, the first takes busy answers from the beginning. The second takes them when no
    // answer is left that mostly waits.
    let (first, second, third) = ([&busy, &waiting], [&waiting, &busy], [&waiting]);
    let of_a_place = [&first[..], &second[..], &third[..]];
    let rows = Mutex::new(lacking.into_iter().map(Row::skipped).collect::<Vec<_>>());
    let processors = thread::available_parallelism().map_or(1, usize::from).max(2);
    let load = LoadAverage::current().map_or(f32::INFINITY, |load| load.one);
    let at_a_place = if f64::from(load) < 2.0 * processors as f64 { 3 } else { 1 };
    let work = |place: usize, queues: &[&Queue]| -> Result<()> {
        while let Some((answer, program)) = queues.iter().find_map(|queue| queue.next()) {
            let mut row = judge_answer(check, answer, program, place)?;
            // That this machine is too busy to tell is no verdict: the judge is asked again.
            for _ in 0..2 {
                if !row.holds() && row.evidence.iter().any(|why| why.contains(BUSY)) {
                    row = judge_answer(check, answer, program, place)?;
                }
            }
            rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let places = (0..processors)
            .flat_map(|place| of_a_place.into_iter().take(at_a_place).map(move |of| (place, of)));
        let workers: Vec<_> =
            places.map(|(place, queues)| scope.spawn(move || work(place, queues))).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(done) => done,
            Err(_) => Err(Failure::refusal("judge", check, "a worker panicked")),
        })
    })?;
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by_key(|row| (row.answer.exercise, row.answer.name.clone()));
    Ok(rows)
}

/// The answers that keep a processor busy, and those that mostly wait.
fn queues(jobs: impl Iterator<Item = (Answer, PathBuf)>) -> [Queue; 2] {
    let (mut waiting, mut busy): (Vec<_>, Vec<_>) = jobs.partition(|(answer, _)| answer.waits);
    // A verdict takes longer in later exercises. If one of these came last, the table would wait for it alone.
    busy.sort_by_key(|(answer, _)| Reverse(answer.exercise));
    // The same holds for programs that hang.
    waiting.sort_by_key(|(answer, _)| answer.exercise == 2);
    [Queue::new(busy), Queue::new(waiting)]
}

/// Answers, of which each is taken once.
struct Queue {
    jobs: Vec<(Answer, PathBuf)>,
    next: AtomicUsize,
}

impl Queue {
    fn new(jobs: Vec<(Answer, PathBuf)>) -> Self {
        Self { jobs, next: AtomicUsize::new(0) }
    }

    fn next(&self) -> Option<&(Answer, PathBuf)> {
        self.jobs.get(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

fn judge_answer(check: &Path, answer: &Answer, program: &Path, place: usize) -> Result<Row> {
    let began = Instant::now();
    let mut command = Command::new(check);
    command.arg(answer.exercise.to_string()).arg("--program").arg(program);
    // A processor for each, as a judge uses one.
    command.args(["--format", "json", "--place", &place.to_string()]).stdin(Stdio::null());
    let output = command.output().step_on("run", check)?;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let verdict = match (output.status.code(), &report["diagnosis"]) {
        (Some(0), Value::String(diagnosis)) => format!("edge {diagnosis}"),
        (Some(0), _) => "solved".to_owned(),
        (Some(1), Value::String(diagnosis)) => diagnosis.clone(),
        (Some(3), _) => "cannot".to_owned(),
        _ => format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()),
    };
    let checks = report["checks"].as_array().into_iter().flatten();
    let told = checks.filter(|check| check["state"] == "failed" || check["state"] == "cannot");
    let evidence = told
        .map(|check| format!("{} {}: {}", check["id"], check["state"], check["actual"]))
        .collect();
    Ok(Row { answer: answer.clone(), verdict, evidence, took: began.elapsed() })
}

/// One line for each answer, then how many were not judged as required, and last these answers again
/// with what was seen: a long output is often cut in its middle.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut lines: Vec<_> = rows.iter().map(line).collect();
    let skipped = rows.iter().filter(|row| row.is_skipped()).count();
    let wrong: Vec<_> = rows.iter().filter(|row| !row.holds() && !row.is_skipped()).collect();
    if skipped > 0 {
        lines
            .push(format!("{skipped} of them were not judged: this machine lacks their language."));
    }
    lines.push(format!("{} answers, {} of them not judged as required.", rows.len(), wrong.len()));
    for row in wrong {
        lines.push(line(row));
        lines.extend(row.evidence.iter().map(|seen| format!("   {seen}")));
    }
    lines.join("\n")
}

fn line(row: &Row) -> String {
    let Answer { exercise, name, required, .. } = &row.answer;
    let mark = match row.holds() {
        true => "as required",
        false if row.is_skipped() => "NOT JUDGED",
        false => "NOT AS REQUIRED",
    };
    let verdict = &row.verdict;
    let took = row.took.as_secs_f64();
    format!("{exercise}  {name:44} must get {required:24} got {verdict:24} {took:5.1} s  {mark}")
}

/// The program of each answer, built if need be: Rust answers are links to one program, Python
/// answers become scripts, and the others are compiled.
///
/// # Errors
/// What the compiler says.
pub fn build(answers: &[Answer]) -> Result<Vec<PathBuf>> {
    let proof = root()?.join("crates/check/proof");
    let (said, artifacts) = cargo(&["build", "--quiet", "--locked", "--package", "proof"])?;
    let all = artifacts.iter().find_map(|artifact| artifact["executable"].as_str());
    let all = Path::new(all.ok_or_else(|| broken("build", &proof, &said))?);
    // Half of them at a time: a compiler uses one processor.
    let halves = answers.chunks(answers.len().div_ceil(2).max(1));
    thread::scope(|scope| {
        let build = |half: &[Answer]| half.iter().map(|answer| program(answer, all)).collect();
        let halves: Vec<_> = halves.map(|half| scope.spawn(move || build(half))).collect();
        let done = halves.into_iter().map(|half| match half.join() {
            Ok(done) => done,
            Err(_) => Err(Failure::refusal("build", &proof, "a thread panicked")),
        });
        done.collect::<Result<Vec<Vec<_>>>>().map(|halves| halves.concat())
    })
}

/// The program of an answer; `all` is that of all Rust answers.
fn program(answer: &Answer, all: &Path) -> Result<PathBuf> {
    let program = root()?.join("target/proof").join(&answer.name);
    let folder = program.parent().unwrap_or(&program);
    fs::create_dir_all(folder).step_on("create", folder)?;
    let extension = format!("new-{}-{}", std::process::id(), answer.exercise);
    let fresh = program.with_extension(extension);
    if !matches!(answer.language(), "rs" | "diff") {
        compiled(answer, &program, &fresh)?;
    } else if fs::read_link(&program).ok().as_deref() != Some(all) {
        std::os::unix::fs::symlink(all, &fresh).step_on("symlink", &fresh)?;
        fs::rename(&fresh, &program).step_on("rename", &program)?;
    }
    Ok(program)
}

/// Builds one answer in C, named as `exercise-5/check_then_act`.
///
/// # Errors
/// There is no such answer; what the compiler says.
pub fn build_in_c(name: &str) -> Result<PathBuf> {
    let answers = answers()?;
    let answer = answers.iter().find(|answer| answer.name == name && answer.language() == "c");
    let none = || Failure::refusal("build", Path::new(name), "there is no such answer in C");
    program(answer.ok_or_else(none)?, Path::new(""))
}

fn compiled(answer: &Answer, program: &Path, fresh: &Path) -> Result<()> {
    let source = &answer.source;
    let age = |path: &Path| fs::metadata(path).and_then(|found| found.modified());
    // An answer may include what lies beside it.
    let beside = source.parent().into_iter().flat_map(fs::read_dir).flatten().flatten();
    let newest = beside.filter_map(|entry| age(&entry.path()).ok()).max();
    if age(program).is_ok_and(|made| newest.is_some_and(|written| written < made)) {
        return Ok(());
    }
    let cc = |variable, compiler: &str| {
        let compiler = env::var_os(variable).unwrap_or_else(|| compiler.into());
        let mut command = Command::new(compiler);
        command.args(["-O2", "-pthread", "-o"]).arg(fresh).arg(source);
        command
    };
    match answer.language() {
        "cpp" => runs(cc("CXX", "c++"), source)?,
        "go" => {
            let mut command = Command::new("go");
            command.args(["build", "-o"]).arg(fresh).arg(source);
            runs(command, source)?;
        }
        "java" => archive(source, fresh)?,
        "py" => {
            let text = fs::read(source).step_on("read", source)?;
            script(fresh, &[b"#!/usr/bin/env python3\n", &text[..]].concat())?;
        }
        _ => runs(cc("CC", "cc"), source)?,
    }
    fs::rename(fresh, program).step_on("rename", program)
}

fn runs(mut command: Command, source: &Path) -> Result<()> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.step_on("run", Path::new(command.get_program()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(broken("compile", source, &String::from_utf8_lossy(&output.stderr)))
}

/// One file that is a shell script and a Java archive: an archive may have other bytes before it.
fn archive(source: &Path, program: &Path) -> Result<()> {
    let (classes, archive) = (program.with_extension("classes"), program.with_extension("jar"));
    let mut javac = Command::new("javac");
    javac.arg("-d").arg(&classes).arg(source);
    runs(javac, source)?;
    let mut jar = Command::new("jar");
    jar.args(["--create", "--main-class", "Main", "--file"]).arg(&archive);
    jar.arg("-C").arg(&classes).arg(".");
    runs(jar, source)?;
    let start = b"#!/bin/sh\nexec java -jar \"$0\" \"$@\"\n";
    let bytes = fs::read(&archive).step_on("read", &archive)?;
    script(program, &[&start[..], &bytes].concat())?;
    fs::remove_file(&archive).step_on("remove", &archive)?;
    fs::remove_dir_all(&classes).step_on("remove", &classes)
}

fn script(path: &Path, text: &[u8]) -> Result<()> {
    fs::write(path, text).step_on("write", path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).step_on("chmod", path)
}

fn listed(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries: io::Result<Vec<_>> = fs::read_dir(directory).step_on("list", directory)?.collect();
    let mut paths: Vec<_> =
        entries.step_on("list", directory)?.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| {
        let answer = |extension: &OsStr| {
            ["rs", "diff", "c", "cpp", "py", "go", "java"].iter().any(|known| extension == *known)
        };
        path.is_dir() || path.extension().is_some_and(answer)
    });
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_whose_language_is_missing_is_named_and_not_judged() {
        let source = PathBuf::from("in_go.go");
        let (name, required) = ("exercise-1/in_go".into(), "core".into());
        let answer = Answer { exercise: 1, name, required, source, waits: false };
        let directory = tempfile::tempdir().expect("make a directory");
        assert!(!answer.has_its_tool_in(directory.path().as_os_str()));
        fs::write(directory.path().join("go"), "").expect("write");
        assert!(answer.has_its_tool_in(directory.path().as_os_str()));
        let row = Row::skipped(answer);
        assert!(row.is_skipped() && !row.holds());
        let table = table(&[row]);
        assert!(table.contains("exercise-1/in_go"), "{table}");
        assert!(table.contains("NOT JUDGED") && table.contains("0 of them not judged"), "{table}");
    }
}
