//! What a learner meets: starters, cards, hints, the way back. And that all of it is made from the
//! same list of checks.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use check::build::{source, starter};
use check::cards::card;
use check::exercises::{COMMON, EXERCISES, Part};
use check::hints::{HintState, text};
use check::reset::reset;
use check::watch::watch;
use common::{Context, Failure, root};

#[test]
#[ignore = "for CI, as `just ci` runs it: a learner's own changes are no fault"]
fn the_shipped_starters_are_the_ones_that_the_proof_refuses() {
    for number in 1..=6 {
        let shipped = fs::read_to_string(source(number).expect("the checkout"))
            .expect("read the shipped starter");
        let copy = starter(number).expect("read the proof's copy");
        assert!(shipped == copy, "exercise {number}: the starter and the proof's copy differ");
        assert!(copy.contains("//! Begin: "), "exercise {number} does not say where to begin");
        assert!(copy.contains("not solved yet"), "exercise {number}");
    }
}

#[test]
fn a_card_names_every_check_with_its_points_and_the_file_to_edit() {
    for exercise in EXERCISES {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let card = words(&card(exercise));
        for check in exercise.checks {
            let line = format!("- {} ({}", check.promise, check.points);
            assert!(card.contains(&words(&line)), "{}: {card}", check.id);
        }
        let listed = card.matches(" - ").count();
        assert_eq!(listed, exercise.checks.len(), "{card}");
        assert!(
            card.contains(&format!("crates/exercises/src/bin/exercise-{}.rs", exercise.number))
        );
        assert!(card.contains(&words(exercise.core)), "{card}");
        assert!(card.contains(&words(exercise.edges)), "{card}");
    }
}

#[test]
fn a_card_fits_into_80_columns() {
    for exercise in EXERCISES {
        for line in card(exercise).lines() {
            assert!(line.chars().count() <= 80, "exercise {}: {line}", exercise.number);
        }
    }
}

#[test]
fn the_core_comes_first_is_worth_80_points_and_needs_no_edge() {
    for exercise in EXERCISES {
        let number = exercise.number;
        let of = |id: &str| exercise.checks.iter().find(|check| check.id == id).expect("a check");
        let parts: Vec<_> = exercise.checks.iter().map(|check| check.part.word()).collect();
        let mut in_order = parts.clone();
        in_order
            .sort_by_key(|part| ["core", "edge", "extra credit"].iter().position(|of| of == part));
        assert_eq!(parts, in_order, "exercise {number}");
        assert_eq!((exercise.points(Part::Core), exercise.points(Part::Edge)), (80, 20));
        let counted = exercise.checks_of(Part::Core).filter(|check| check.points > 0).count();
        assert!((5..=8).contains(&counted), "exercise {number} has {counted} core checks");
        for check in exercise.checks_of(Part::Core) {
            for needed in check.needs {
                assert_eq!(of(needed).part, Part::Core, "{} needs {needed}", check.id);
            }
        }
    }
}

#[test]
fn checks_and_diagnoses_have_names_of_their_own_and_a_place_in_the_lesson() {
    for exercise in EXERCISES {
        let mut ids = BTreeSet::new();
        for check in exercise.checks {
            assert!(ids.insert(check.id), "two checks {}", check.id);
            // What is worth nothing is a condition of others, or cannot be made on every machine.
            let needed = exercise.checks.iter().any(|other| other.needs.contains(&check.id));
            assert!(
                check.points > 0 || needed || check.where_possible,
                "{} is worth nothing",
                check.id
            );
            for needed in check.needs {
                assert!(ids.contains(needed) && *needed != check.id, "{} needs {needed}", check.id);
            }
        }
        let lesson = root()
            .expect("the checkout")
            .join("lessons")
            .join(exercise.lesson)
            .with_extension("md");
        let lesson = fs::read_to_string(lesson).expect("read the lesson");
        let headings: Vec<_> = lesson.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let anchors: Vec<_> =
            headings.iter().map(|heading| heading.to_lowercase().replace(' ', "-")).collect();
        let mut ids = BTreeSet::new();
        for diagnosis in exercise.diagnoses.iter().chain(COMMON) {
            let id = diagnosis.id;
            assert!(ids.insert(id), "exercise {}: two diagnoses {id}", exercise.number);
            let known = anchors.iter().any(|anchor| anchor == diagnosis.anchor);
            assert!(known, "{id}: no heading {} in {}", diagnosis.anchor, exercise.lesson);
            let hints: BTreeSet<_> = diagnosis.hints.iter().collect();
            assert_eq!(hints.len(), 3, "{id} has the same hint twice");
        }
    }
}

#[test]
fn hints_go_deeper_and_the_last_one_stays() {
    let exercise = EXERCISES.first().expect("there are exercises");
    let asked =
        |shown| text(exercise, &HintState { diagnosis: Some("private-mapping".into()), shown });
    let deeper: BTreeSet<_> = (0..3).map(asked).collect();
    assert_eq!(deeper.len(), 3, "{deeper:?}");
    assert_eq!(asked(2), asked(7));
    assert!(asked(0).contains("lessons/lesson-1-mapping-a-file.md#"), "{}", asked(0));
    let none = text(exercise, &HintState::default());
    assert!(none.contains("No diagnosis"), "{none}");
}

#[test]
fn the_way_back_keeps_what_was_written_and_never_over_an_older_one() {
    let directory = tempfile::tempdir().expect("make a directory");
    let path = directory.path().join("exercise-1.rs");
    let read = |path: &Path| fs::read_to_string(path).expect("read it");
    for mine in ["my first", "my second"] {
        fs::write(&path, mine).expect("write");
        let kept = reset(&path, "the starter").expect("reset").expect("something was kept");
        assert_eq!((read(&kept).as_str(), read(&path).as_str()), (mine, "the starter"));
        let is_a_program = kept.extension().is_some_and(|end| end == "rs");
        assert!(!is_a_program, "cargo would build {}", kept.display());
    }
    assert_eq!(reset(&path, "the starter").expect("reset"), None);
    fs::remove_file(&path).expect("remove");
    assert_eq!(reset(&path, "the starter").expect("reset"), None);
    assert_eq!(read(&path), "the starter");
    assert_eq!(fs::read_dir(directory.path()).expect("list").count(), 3);
}

#[test]
fn watching_judges_now_and_after_each_save_however_an_editor_saves() {
    let directory = tempfile::tempdir().expect("make a directory");
    let path = directory.path().join("exercise-1.rs");
    fs::write(&path, "as found").expect("write");
    let (judged, seen) = mpsc::channel();
    let watched = path.clone();
    thread::spawn(move || {
        watch(&watched, |_| {
            let content = fs::read_to_string(&watched).step_on("read", &watched)?;
            let gone = |_| Failure::refusal("judge", &watched, "the test is over");
            judged.send(content).map_err(gone)
        })
    });
    let is_judged = |content: &str| {
        // Far above what it takes: it finds a save that nobody noticed.
        let judged = seen.recv_timeout(Duration::from_secs(30)).expect("nothing was judged");
        assert_eq!(judged, content);
    };
    is_judged("as found");
    fs::write(&path, "in place").expect("write");
    is_judged("in place");
    let beside = directory.path().join(".exercise-1.rs.new");
    fs::write(&beside, "by renaming").expect("write");
    fs::rename(&beside, &path).expect("rename");
    is_judged("by renaming");
    fs::remove_file(&path).expect("remove");
    fs::write(&path, "again").expect("write");
    is_judged("again");
}

#[test]
fn watching_takes_no_processor_time_while_nothing_is_saved() {
    let directory = tempfile::tempdir().expect("make a directory");
    let path = directory.path().join("exercise-1.rs");
    fs::write(&path, "as found").expect("write");
    let (judged, seen) = mpsc::channel();
    let watched = path.clone();
    thread::spawn(move || {
        watch(&watched, |_| {
            let gone = |_| Failure::refusal("judge", &watched, "the test is over");
            judged.send(nix::unistd::gettid()).map_err(gone)
        })
    });
    let thread = seen.recv_timeout(Duration::from_secs(30)).expect("nothing was judged");
    // What the watcher itself reads wakes it no more: it sleeps until the file changes.
    let switches = || {
        let status =
            fs::read_to_string(format!("/proc/self/task/{thread}/status")).expect("status");
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches:"));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).expect("a number")
    };
    let before = switches();
    for _ in 0..1000 {
        fs::read(&path).expect("read the file");
    }
    fs::write(&path, "saved").expect("write");
    seen.recv_timeout(Duration::from_secs(30)).expect("the save was not judged");
    let woken = switches() - before;
    assert!(woken < 100, "it woke up {woken} times for one save");
}
