//! Asks the questions on a lesson, one by one: you choose, then the program tells the answer, and runs
//! the test that proves it on this machine. `cargo quiz 1`, or `just quiz 1`.
#![forbid(unsafe_code)]

use std::io::{self, BufRead};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use common::clap::{self, Parser};
use common::{Context, Failure, Result, say};
use quiz::{Question, of_lesson};

/// Ask what will happen, and prove the answer on this machine.
#[derive(Parser)]
#[command(bin_name = "cargo quiz")]
struct Quiz {
    /// Ask about this lesson, 1 to 7.
    #[arg(value_name = "N", value_parser = clap::value_parser!(u8).range(1..=7))]
    lesson: u8,
    /// Tell the answers without running their proofs.
    #[arg(long)]
    no_proof: bool,
}

/// Said before the first question, because cargo does not show that it compiles.
const BEFORE_PROOFS: &str = "After each answer, cargo runs the test that proves it. The first time, cargo compiles \
     the lesson's tests, which can take some minutes.";

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let options = Quiz::parse();
    let root = common::root()?;
    let questions = of_lesson(&root, options.lesson.into())?;
    if !options.no_proof {
        wrapped(BEFORE_PROOFS, "")?;
    }
    let mut input = io::stdin().lock();
    let (mut asked, mut right) = (0, 0);
    for (index, question) in questions.iter().enumerate() {
        ask(index + 1, questions.len(), question)?;
        let Some(chosen) = answer(&mut input, question.choices.len())? else { break };
        asked += 1;
        right += usize::from(question.choices[chosen].is_right);
        tell(question, chosen)?;
        if !options.no_proof {
            prove(&root, options.lesson, &question.proof)?;
        }
    }
    say!("\n{right} of {asked} right.")
}

/// Prints a question and its numbered answers.
fn ask(number: usize, of: usize, question: &Question) -> Result<()> {
    say!("\nQuestion {number} of {of}")?;
    wrapped(&question.text, "")?;
    for (index, choice) in question.choices.iter().enumerate() {
        wrapped(&choice.text, &format!("  {}. ", index + 1))?;
    }
    Ok(())
}

/// The index of the answer that the reader chooses; `None` at the end of the input, or after `q`.
fn answer(input: &mut impl BufRead, choices: usize) -> Result<Option<usize>> {
    loop {
        say!("Your answer, 1 to {choices} (q ends):")?;
        let mut line = String::new();
        if input.read_line(&mut line).step("read from standard input")? == 0 {
            return Ok(None);
        }
        match line.trim() {
            "q" => return Ok(None),
            typed => match typed.parse::<usize>() {
                Ok(number) if (1..=choices).contains(&number) => return Ok(Some(number - 1)),
                _ => say!("{typed:?} is no number from 1 to {choices}.")?,
            },
        }
    }
}

/// Tells the right answer, and why it is right.
fn tell(question: &Question, chosen: usize) -> Result<()> {
    let right = question.choices.iter().position(|choice| choice.is_right).unwrap_or(chosen);
    let verdict = if right == chosen { "Right." } else { "No." };
    say!("{verdict} The answer is {}.", right + 1)?;
    wrapped(&question.why, "")
}

/// Runs the test of a claim, and shows its command and its result.
fn prove(root: &Path, lesson: u8, claim: &str) -> Result<()> {
    let package = package(root, lesson)?;
    let arguments = ["test", "--quiet", "--locked", "--package", &package, claim];
    say!("\n$ cargo test -p {package} {claim}")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root).stdin(Stdio::null());
    let output = command.output().step("start cargo test")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let results = || text.lines().filter(|line| line.starts_with("test result: ok."));
    let ran = results().any(|line| !line.contains(" 0 passed"));
    let was_left_out = results().any(|line| !line.contains(" 0 ignored"));
    match output.status.success() {
        true if ran => say!("Proven on this machine."),
        true if was_left_out => say!("Not proven here: the test needs root."),
        _ => {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            say!("{text}{errors}")?;
            Err(Failure::refusal(
                "prove",
                Path::new(claim),
                "the test did not pass on this machine",
            ))
        }
    }
}

/// The package of a lesson: `lesson-1-mapping-a-file`.
fn package(root: &Path, lesson: u8) -> Result<String> {
    let crates = root.join("crates");
    let start = format!("lesson-{lesson}-");
    let names = std::fs::read_dir(&crates).step_on("list", &crates)?;
    let names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names = names.filter(|name| name.starts_with(&start));
    names.next().ok_or_else(|| Failure::refusal("find", &crates, format!("has no lesson {lesson}")))
}

/// Prints a text in lines of at most the story's width, of which the first begins with `first`.
fn wrapped(text: &str, first: &str) -> Result<()> {
    let indent = " ".repeat(first.len());
    let options = textwrap::Options::new(common::COLUMNS);
    let options = options.initial_indent(first).subsequent_indent(&indent);
    textwrap::wrap(text, options).iter().try_for_each(|line| say!("{line}"))
}
