# Every command of the course. Without just: each recipe is the cargo line that it shows.

set positional-arguments

# What there is.
[private]
default:
    @just --list --unsorted

# Mapping a file: the story, or one side of it (write FILE, read FILE).
[no-cd, no-exit-message]
lesson-1 *ROLE:
    @cargo lesson-1 "$@"

# Shared access: the story, or one side of it (measure FILE, watch FILE).
[no-cd, no-exit-message]
lesson-2 *ROLE:
    @cargo lesson-2 "$@"

# msync: the story, or (as root) power-cut.
[no-cd, no-exit-message]
lesson-3 *ROLE:
    @cargo lesson-3 "$@"

# Private mappings: the story.
[no-cd, no-exit-message]
lesson-4 *ROLE:
    @cargo lesson-4 "$@"

# Races, semaphores and locks: the story.
[no-cd, no-exit-message]
lesson-5 *ROLE:
    @cargo lesson-5 "$@"

# mmap instead of read: the story, or one side of it.
[no-cd, no-exit-message]
lesson-6 *ROLE:
    @cargo lesson-6 "$@"

# Pipes, sockets, message queues and a ring: the story, or one side of it (send FILE, receive FILE).
[no-cd, no-exit-message]
lesson-7 *ROLE:
    @cargo lesson-7 "$@"

# Lesson N's story, a step at each key press, above the pages as they are.
[no-exit-message]
step N:
    @cargo build --quiet --locked --package 'lesson-{{ N }}-*'
    @cargo page-view step "$1"

# A process's mappings, or one of them, page by page (PID [FILE] [--watch] [--compare PID2] …).
[no-cd, no-exit-message]
page-view *ARGUMENTS:
    @cargo page-view "$@"

# Exercise N's task card: the file to edit, the contract, what will be judged.
[no-exit-message]
exercise N:
    @cargo check-exercise card "$1"

# Judges exercise N (or --program PATH, --format json …), or, without N, shows your progress.
[no-cd, no-exit-message]
check *ARGUMENTS:
    @cargo check-exercise "$@"

# The next hint for exercise N, by its last diagnosis.
[no-exit-message]
hint N:
    @cargo check-exercise hint "$1"

# Judges exercise N again on every save.
[no-exit-message]
watch N:
    @cargo check-exercise watch "$1"

# Exercise N's starter again; your file is kept beside it.
[no-exit-message]
reset N:
    @cargo check-exercise reset "$1"

# Reading and mapping, measured on this machine (--size 1G, FILE): a table, JSON, a picture.
[no-cd, no-exit-message]
bench-read *ARGUMENTS:
    @cargo bench-read "$@"

# Measures the kinds of IPC on this machine: a table, JSON and a picture (--quick, --output DIRECTORY).
[no-cd, no-exit-message]
bench-ipc *OPTIONS:
    @cargo bench-ipc "$@"

# Runs lesson N's claims, or all, one line each.
prove N="*":
    @cargo test --quiet --locked --package 'lesson-{{ N }}-*' --test 'claims*' -- --format pretty

# Runs every claim, those that need root too.
prove-all:
    @cargo test --quiet --locked --package 'lesson-*' --test 'claims*' -- --format pretty --include-ignored

# Everything that must hold.
test:
    cargo test

# Writes the claims' line numbers and the console blocks' output into the lessons' texts.
bless:
    COURSE_BLESS=1 cargo test --quiet --package course --test checks every_row
    TRYCMD=overwrite cargo test --quiet --package course --test checks every_console

# Draws the lessons' figures anew from their stories, and writes their words beside them.
figures:
    cargo build --quiet --locked --workspace
    COURSE_BLESS=1 cargo test --quiet --package course --test checks every_figure

# What CI runs.
ci: format lint test starters documentation everywhere

[private]
format:
    cargo fmt --all --check

[private]
lint:
    cargo clippy --locked --workspace --all-targets -- --deny warnings

# The starters as they are shipped, which a learner's tree may have changed.
[private]
starters:
    cargo test --quiet --locked --package check --test learners -- --ignored

[private]
documentation:
    RUSTDOCFLAGS='--deny warnings' cargo doc --locked --workspace --no-deps --document-private-items

# The claims that need root, and the same claims on every file system and as an ordinary user.
[private]
everywhere:
    @tests/everywhere
