//! What a run showed, in sentences. Each is the verdict of one comparison, or of several; a comparison
//! without a verdict gives a sentence that says so.

use bench::Run;

/// A question: subject, its name in a sentence, baseline, its name.
type Question = [&'static str; 4];

/// What is asked of each kind of measurement, and how the answer begins.
const QUESTIONS: [(&str, &[Question]); 5] = [
    (
        "Round trips, both spinning on two CPUs",
        &[
            ["spin-two-cpus/pipe", "a pipe", "spin-two-cpus/mapped", "mapped memory"],
            ["spin-two-cpus/socket", "a socket", "spin-two-cpus/mapped", "mapped memory"],
        ],
    ),
    (
        "Round trips, both sleeping on two CPUs",
        &[
            ["sleep-two-cpus/pipe", "a pipe", "sleep-two-cpus/mapped", "mapped memory"],
            ["sleep-two-cpus/socket", "a socket", "sleep-two-cpus/mapped", "mapped memory"],
        ],
    ),
    (
        "Round trips, both sleeping on one CPU",
        &[
            ["sleep-one-cpu/pipe", "a pipe", "sleep-one-cpu/mapped", "mapped memory"],
            ["sleep-one-cpu/socket", "a socket", "sleep-one-cpu/mapped", "mapped memory"],
            [
                "sleep-one-cpu/mapped",
                "mapped memory on one CPU",
                "sleep-two-cpus/mapped",
                "mapped memory on two CPUs",
            ],
        ],
    ),
    (
        "Messages of 64 bytes",
        &[
            [
                "throughput-64/pipe",
                "a pipe with a call for each message",
                "throughput-64/ring",
                "the ring",
            ],
            [
                "throughput-64/pipe-64K-a-call",
                "a pipe with 64 KiB in each call",
                "throughput-64/pipe",
                "a pipe with a call for each message",
            ],
            [
                "throughput-64/pipe-64K-a-call",
                "a pipe with 64 KiB in each call",
                "throughput-64/ring",
                "the ring",
            ],
        ],
    ),
    (
        "Messages of 64 KiB",
        &[
            ["throughput-64K/pipe", "a pipe", "throughput-64K/ring", "the ring"],
            ["throughput-64K/socket", "a socket", "throughput-64K/pipe", "a pipe"],
        ],
    ),
];

/// All conclusions.
pub(crate) fn of(run: &Run) -> Vec<String> {
    QUESTIONS.iter().filter_map(|(about, questions)| answer(run, about, questions)).collect()
}

fn answer(run: &Run, about: &str, questions: &[Question]) -> Option<String> {
    let says = |[subject, words, baseline, other]: &Question| {
        Some(run.comparison(subject, baseline)?.says(words, other))
    };
    let clauses: Vec<_> = questions.iter().filter_map(says).collect();
    (!clauses.is_empty()).then(|| format!("{about}: {}.", clauses.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Run {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../lessons/measurements/bench-ipc.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn every_question_was_answered() {
        let run = record();
        for [subject, _, baseline, _] in QUESTIONS.iter().flat_map(|(_, questions)| *questions) {
            assert!(run.comparison(subject, baseline).is_some(), "{subject}, {baseline}");
        }
    }
}
