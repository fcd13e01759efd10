# Every command of the course. just is optional: most recipes are one cargo command.

set positional-arguments

# On a terminal, cargo shows what it compiles. Elsewhere, it prints nothing of its own.
cargo := `[ -t 2 ] && echo cargo || echo cargo --quiet`

# List the commands.
[private]
default:
    @just --list --unsorted

# Mapping a file: run the demonstration, or one side of it (write FILE, read FILE).
[no-cd, no-exit-message]
lesson-1 *ROLE:
    @{{ cargo }} lesson-1 "$@"

# Shared access: run the demonstration, or one side of it (measure FILE, watch FILE).
[no-cd, no-exit-message]
lesson-2 *ROLE:
    @{{ cargo }} lesson-2 "$@"

# msync: run the demonstration, or one command (store, dirty, flush; power-cut as root).
[no-cd, no-exit-message]
lesson-3 *ROLE:
    @{{ cargo }} lesson-3 "$@"

# Private mappings: run the demonstration.
[no-cd, no-exit-message]
lesson-4 *ROLE:
    @{{ cargo }} lesson-4 "$@"

# Races, semaphores and locks: run the demonstration.
[no-cd, no-exit-message]
lesson-5 *ROLE:
    @{{ cargo }} lesson-5 "$@"

# mmap instead of read: run the demonstration, or one command.
[no-cd, no-exit-message]
lesson-6 *ROLE:
    @{{ cargo }} lesson-6 "$@"

# Pipes, sockets, queues and a ring: run the demonstration, or one side (send FILE, receive FILE).
[no-cd, no-exit-message]
lesson-7 *ROLE:
    @{{ cargo }} lesson-7 "$@"

# Run lesson N step by step: press a key and watch the pages change.
[no-exit-message]
step N:
    @{{ cargo }} build --locked --package 'lesson-{{ N }}-*'
    @{{ cargo }} page-view step "$1"

# Show the mappings of a process, or one of them page by page (PID [FILE] [--watch] …).
[no-cd, no-exit-message]
page-view *ARGUMENTS:
    @{{ cargo }} page-view "$@"

# Print the task of exercise N.
[no-exit-message]
exercise N:
    @{{ cargo }} check-exercise card "$1"

# Judge exercise N (or --program PATH, --format json …); without N, show your progress.
[no-cd, no-exit-message]
check *ARGUMENTS:
    @{{ cargo }} check-exercise "$@"

# Print the next hint for the last result of exercise N.
[no-exit-message]
hint N:
    @{{ cargo }} check-exercise hint "$1"

# Judge exercise N again whenever you save (or --program PATH).
[no-cd, no-exit-message]
watch N *OPTIONS:
    @{{ cargo }} check-exercise watch "$@"

# Ask what will happen in lesson N, and prove each answer on this machine.
[no-exit-message]
quiz N:
    @{{ cargo }} quiz "$1"

# Play race N: choose which of two real processes moves next (TURNS, as in 1221); without N, list the races.
[no-exit-message]
play *ARGUMENTS:
    @{{ cargo }} play "$@"

# Restore the starter of exercise N and keep your file beside it.
[no-exit-message]
reset N:
    @{{ cargo }} check-exercise reset "$1"

# Measure reading against mapping on this machine (--size 1G, FILE): a table, JSON, charts.
[no-cd, no-exit-message]
bench-read *ARGUMENTS:
    @{{ cargo }} bench-read "$@"

# Measure the kinds of IPC on this machine: a table, JSON, charts (--quick, --output DIRECTORY).
[no-cd, no-exit-message]
bench-ipc *OPTIONS:
    @{{ cargo }} bench-ipc "$@"

# Record both benchmarks for the lessons, on a quiet machine, and draw their charts.
bench-record: && bench-figures
    {{ cargo }} bench-ipc
    {{ cargo }} bench-read
    cp target/bench/bench-ipc.json target/bench/bench-read.json lessons/measurements/

# Draw the charts of the recorded benchmarks again.
bench-figures:
    @{{ cargo }} bench-ipc --draw lessons/measurements/bench-ipc.json --output lessons/figures
    @{{ cargo }} bench-read --draw lessons/measurements/bench-read.json --output lessons/figures

# Tell what this machine can show, and what to do where it cannot (--format json).
[no-cd, no-exit-message]
doctor *OPTIONS:
    @{{ cargo }} doctor "$@"

# Prove the claims of lesson N, those about single calls (N is `calls`), or all. --report writes a file.
[no-exit-message]
prove *ARGUMENTS:
    @{{ cargo }} prove "$@"

# Prove every claim, including those that need root.
[no-exit-message]
prove-all *OPTIONS:
    @{{ cargo }} prove --root "$@"

# Change what 30 claims assert, and check that each of them then fails (SEED, --all, --package P, --claim NAME).
[no-exit-message]
mutate *ARGUMENTS:
    @{{ cargo }} mutate "$@"

# Prove the claims on other kernels (Debian's, in virtual machines): `just kernels 6.1 newest --on xfs`.
kernels *ARGUMENTS:
    @{{ cargo }} kernels "$@"

# Make the book of the course in target/book/ (--open shows it in a browser; needs mdBook).
[no-exit-message]
book *OPTIONS:
    @{{ cargo }} book "$@"

# Make the book and the slides, and open every page of both in a browser (needs mdBook, npm and Chromium).
[private]
pages: slides
    npm --prefix book/tests ci --no-audit --no-fund --silent
    npm --prefix book/tests test

# Make the book, and slides of the lessons in target/book/slides/ (needs mdBook and npm).
[no-exit-message]
slides:
    @{{ cargo }} book --slides

# Run the lessons, their claims and the judge as in a container of Docker (needs root, podman, runc, jq).
container *OPTIONS:
    @tests/container "$@"

# Run all tests.
test:
    cargo test

# Write the ledger and the lessons' tables of claims from the doc comments of the claim tests.
ledger:
    COURSE_BLESS=1 cargo test --quiet --package course --test checks every_row

# Do what `just ledger` does, and update the output of the console blocks in the texts.
bless: ledger
    COURSE_BLESS=1 cargo test --quiet --package course --test checks every_measured
    TRYCMD=overwrite cargo test --quiet --package course --test checks every_console

# Draw the figures of lesson N, or of all lessons, from their stories; write their words into the texts.
figures N="*":
    cargo build --quiet --locked --package 'lesson-{{ N }}-*' --package page-view-program
    COURSE_BLESS=1 COURSE_FIGURES='{{ N }}' cargo test --quiet --package course --test checks every_figure

# The tests that `cargo test` leaves out, because they take minutes.
judges_tests := "--test attacks --test batch --test executions --test hostile --test races"

# Test the judge with all its answers, also in C++, Go and Java, and with its hostile programs (takes minutes).
[no-exit-message]
judge:
    cargo test --locked --package check {{ judges_tests }}
    cargo test --quiet --locked --package check --test proof -- --ignored --show-output --test-threads 1
    cargo test --quiet --locked --package course --test checks -- --ignored

# Record the runs that the page map of the book shows, and all orders of the races of `just play`.
recordings:
    cargo build --quiet --locked --package 'lesson-*' --package page-view-program --package check
    COURSE_BLESS=1 cargo test --quiet --package course --test checks every_recording -- --include-ignored

# Run everything that CI runs.
ci: format lint test starters judge mutants documentation pages everywhere newer-glibc debian-12 grader-image

[private]
format:
    cargo fmt --all --check

[private]
lint:
    cargo clippy --locked --workspace --all-targets -- --deny warnings
    cargo clippy --locked --package check {{ judges_tests }} -- --deny warnings

# Test the starters as they are shipped. A learner may have changed them.
[private]
starters:
    cargo test --quiet --locked --package check --test learners -- --ignored

# Each day changes other claims. The seed is printed, so that `just mutate SEED` repeats a failure.
[private]
mutants:
    @{{ cargo }} mutate "$(date +%Y%m%d)"

[private]
documentation:
    RUSTDOCFLAGS='--deny warnings' cargo doc --locked --workspace --no-deps --document-private-items

# Prove the claims with the C libraries of newer Debian releases: `just newer-glibc trixie sid` (needs root).
newer-glibc *RELEASES:
    @tests/newer-glibc "$@"

# Run the lessons' programs and the tests of their command lines with musl (needs root, debootstrap, jq).
musl:
    @tests/musl

# Build the graders' image as far as this machine can, and compare the verdicts in it with those outside.
[private]
grader-image:
    @tests/grader-image

# Prove the claims on the kernel of Debian 12, which many learners and graders have.
[private]
debian-12:
    @{{ cargo }} kernels 6.1 --on ext4

# Prove the claims that need root, and all claims on every file system and as an ordinary user.
[private]
everywhere:
    @tests/everywhere
