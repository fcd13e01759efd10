//! The examples in `grading/` that share a class out over several machines. Each one's commands are taken
//! from the file itself, run as the cluster runs them, and the joined parts equal one run.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{Scratch, root};
use yaml_rust2::{Yaml, YamlLoader};

use crate::class::{CHECK, Class, answer, complaints, lines, told};

/// An example's file.
pub(crate) fn example(name: &str) -> PathBuf {
    root().expect("the checkout").join("grading").join(name)
}

/// The only document of a YAML file.
pub(crate) fn yaml(name: &str) -> Yaml {
    let text = fs::read_to_string(example(name)).expect("read an example");
    let mut documents = YamlLoader::load_from_str(&text).expect("YAML");
    assert_eq!(documents.len(), 1, "{name}");
    documents.remove(0)
}

/// A text of the example.
pub(crate) fn text(value: &Yaml) -> String {
    match value {
        Yaml::Integer(number) => number.to_string(),
        other => other.as_str().unwrap_or_else(|| panic!("no text: {other:?}")).to_owned(),
    }
}

/// The variables of a mapping such as `env`; none if there is no such mapping.
pub(crate) fn variables(mapping: &Yaml) -> BTreeMap<String, String> {
    let pairs = mapping.as_hash().into_iter().flatten();
    pairs.map(|(name, value)| (text(name), text(value))).collect()
}

/// The step of a workflow's job that has this name.
pub(crate) fn step<'y>(job: &'y Yaml, name: &str) -> &'y Yaml {
    let mut steps = job["steps"].as_vec().expect("steps").iter();
    steps.find(|step| step["name"].as_str() == Some(name)).expect("the step")
}

/// Runs a command in a directory, with `check` on the PATH as in the image.
pub(crate) fn in_the_image(
    directory: &Path,
    command: &[&str],
    variables: &BTreeMap<String, String>,
) -> Output {
    let programs = directory.join("programs");
    fs::create_dir_all(&programs).expect("mkdir");
    if !programs.join("check").exists() {
        symlink(CHECK, programs.join("check")).expect("symlink");
    }
    let path = std::env::var("PATH").expect("PATH");
    let (program, arguments) = command.split_first().expect("a program");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).envs(variables);
    command.env("PATH", format!("{}:{path}", programs.display()));
    command.output().expect("run a command of an example")
}

/// GitHub runs a step whose shell is bash in this way.
pub(crate) fn as_github_does<'s>(step: &Yaml, script: &'s str) -> [&'s str; 6] {
    assert_eq!(step["shell"].as_str(), Some("bash"), "of another shell, a pipe's failure is lost");
    ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]
}

/// Eight students, of whom one has solved exercise 3, in the folder that the examples name.
fn a_class() -> Class {
    let class = Class::new();
    for (number, status) in [2, 3, 2, 4, 2, 1, 5].into_iter().enumerate() {
        class.hand_in_script(&format!("student-{number}"), "exercise-3", status);
    }
    class.hand_in("ada", "exercise-3.c", &answer("exercise-3/right-in-c.c"));
    symlink(class.students(), class.path("class")).expect("symlink");
    fs::create_dir(class.path("results")).expect("mkdir");
    class
}

/// The joined parts have the same results, and the same rows, as one run with this seed.
fn parts_are_the_class(class: &Class, parts: &[PathBuf], seed: &str) {
    let whole = class.judged(&["3", "--format", "jsonl", "--seed", seed]);
    let merge = |format: &str| {
        let mut command = Command::new(CHECK);
        let joined = command.arg("merge").args(parts).args(["--format", format]).output();
        let joined = joined.expect("merge");
        assert_eq!(joined.status.code(), Some(0), "{}", complaints(&joined));
        joined
    };
    let sorted = |output: &Output| {
        let mut all: Vec<_> = lines(output).iter().map(|line| told(line)).collect();
        all.sort_by_key(|entry| entry["student"].as_str().map(str::to_owned));
        all
    };
    let whole = sorted(&whole);
    assert_eq!(whole.len(), 8);
    assert_eq!(sorted(&merge("jsonl")), whole);
    assert!(parts.iter().all(|part| !fs::read(part).expect("read a part").is_empty()));
    let rows = lines(&merge("csv"));
    let solved = rows.iter().filter(|row| row.contains(",\"solved, edges included\",100,"));
    assert_eq!((rows.len(), solved.count()), (9, 1), "{rows:?}");
}

#[test]
fn the_tasks_of_the_slurm_array_judge_the_class() {
    let class = a_class();
    let script = fs::read_to_string(example("slurm.sh")).expect("read");
    let array = script.lines().find_map(|line| line.strip_prefix("#SBATCH --array=1-"));
    let tasks: usize = array.expect("an array").parse().expect("a number");
    let results = class.path("results").display().to_string();
    // The node's local disk: where this test judges, too.
    let scratch = Scratch::new().expect("scratch");
    let disk = scratch.path().parent().expect("where scratch directories are");
    let mut parts = Vec::new();
    for task in 1..=tasks {
        let number = task.to_string();
        let variables = [
            ("SLURM_TMPDIR", disk.to_str().expect("UTF-8")),
            ("SLURM_ARRAY_TASK_ID", number.as_str()),
            ("SLURM_ARRAY_TASK_COUNT", &tasks.to_string()),
            ("SLURM_ARRAY_JOB_ID", "4711"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let script = example("slurm.sh").display().to_string();
        let call = [script.as_str(), "3", "class", &results];
        // Slurm may start a task twice: the second one judges nothing again.
        let first = in_the_image(class.path("").as_path(), &call, &variables);
        assert_eq!(first.status.code(), Some(0), "{}", complaints(&first));
        let part = class.path(&format!("results/part-{task}.jsonl"));
        let before = fs::read(&part).expect("read a part");
        let again = in_the_image(class.path("").as_path(), &call, &variables);
        assert_eq!(again.status.code(), Some(0), "{}", complaints(&again));
        assert_eq!(fs::read(&part).expect("read a part"), before);
        parts.push(part);
    }
    parts_are_the_class(&class, &parts, "4711");
}

#[test]
fn the_pods_of_the_kubernetes_job_judge_the_class() {
    let class = a_class();
    let job = yaml("kubernetes.yaml");
    assert_eq!(
        (text(&job["kind"]), text(&job["spec"]["completionMode"])),
        ("Job".into(), "Indexed".into())
    );
    let pods = job["spec"]["completions"].as_i64().expect("completions");
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let list = container["env"].as_vec().expect("env");
    let mut variables: BTreeMap<_, _> =
        list.iter().map(|one| (text(&one["name"]), text(&one["value"]))).collect();
    assert_eq!(variables["PARTS"], pods.to_string());
    let words = ["command", "args"].map(|key| container[key].as_vec().expect("words"));
    let words: Vec<_> = words.into_iter().flatten().map(text).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let mut parts = Vec::new();
    for index in 0..pods {
        variables.insert("JOB_COMPLETION_INDEX".into(), index.to_string());
        let ended = in_the_image(class.path("").as_path(), &words, &variables);
        assert_eq!(ended.status.code(), Some(0), "{}", complaints(&ended));
        parts.push(class.path(&format!("results/part-{}.jsonl", index + 1)));
    }
    parts_are_the_class(&class, &parts, &variables["SEED"]);
}

#[test]
fn the_matrix_of_the_github_workflow_judges_the_class() {
    let class = a_class();
    let workflow = yaml("github/class.yml");
    let job = &workflow["jobs"]["part"];
    let matrix = job["strategy"]["matrix"]["part"].as_vec().expect("a matrix");
    let directory = class.path("");
    let mut parts = Vec::new();
    for part in matrix.iter().map(text) {
        let one = step(job, "Grade a part");
        let mut given = variables(&workflow["env"]);
        given.extend(variables(&one["env"]));
        let expressions = [
            ("${{ matrix.part }}", part.clone()),
            ("${{ strategy.job-total }}", matrix.len().to_string()),
            ("${{ github.run_id }}", "4711".into()),
        ];
        for value in given.values_mut() {
            for (expression, stands_for) in &expressions {
                *value = value.replace(expression, stands_for);
            }
            assert!(!value.contains("${{"), "{value}");
        }
        let script = directory.join("script").display().to_string();
        fs::write(&script, text(&one["run"])).expect("write");
        let ended = in_the_image(&directory, &as_github_does(one, &script), &given);
        assert_eq!(ended.status.code(), Some(0), "{}", complaints(&ended));
        parts.push(directory.join(format!("part-{part}.jsonl")));
    }
    parts_are_the_class(&class, &parts, "4711");
    let join = step(&workflow["jobs"]["merge"], "Join the parts");
    let script = directory.join("script").display().to_string();
    fs::write(&script, text(&join["run"])).expect("write");
    let ended = in_the_image(&directory, &as_github_does(join, &script), &BTreeMap::new());
    assert_eq!(ended.status.code(), Some(0), "{}", complaints(&ended));
    let grades = fs::read_to_string(directory.join("grades.csv")).expect("read the grades");
    assert_eq!(grades.lines().count(), 9, "{grades}");
}
