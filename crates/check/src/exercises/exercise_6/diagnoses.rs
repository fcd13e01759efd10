//! What can be wrong with `lines`.

use crate::exercises::Diagnosis;

/// All of it, beside what all exercises share.
pub(super) const DIAGNOSES: &[Diagnosis] = &[
    Diagnosis {
        id: "wrong-count",
        is: "a line is not `LINES BYTES NAME` as `wc -lc` counts",
        why: "A count that is nearly right is wrong.",
        anchor: "exercise",
        hints: [
            "Compare with `wc -lc FILE`; only the order of the columns is yours.",
            "A line ends with a newline: what follows the last newline is no line.",
            "`LINES BYTES NAME` with single blanks, and `LINES BYTES total` last if several were \
             given.",
        ],
    },
    Diagnosis {
        id: "empty-file",
        is: "an empty FILE is not counted as 0 lines and 0 bytes",
        why: "Empty files are the most ordinary files of all.",
        anchor: "where-it-bites",
        hints: [
            "What does mmap answer to a length of 0?",
            "EINVAL. And a page mapped over an empty file cannot be touched: SIGBUS.",
            "Ask for the length first; if it is 0, print the line and map nothing.",
        ],
    },
    Diagnosis {
        id: "too-many-mappings",
        is: "mappings are not released",
        why: "Address space and the kernel's table of mappings (some 65 000) come to an end.",
        anchor: "how-it-works",
        hints: [
            "When does a mapping of yours go away?",
            "`close` closes the descriptor only; the mapping goes with `munmap`, or with the \
             value in Rust.",
            "Unmap each FILE, or each window of it, when it is counted, before the next is mapped.",
        ],
    },
    Diagnosis {
        id: "descriptors-kept",
        is: "the descriptors of FILEs are kept open",
        why: "A process may have some thousand; the next FILE cannot be opened then.",
        anchor: "how-it-works",
        hints: [
            "What is a descriptor still needed for once the file is mapped?",
            "For nothing: the mapping keeps the file.",
            "Close it when it is mapped; in Rust, let the `File` go out of scope.",
        ],
    },
    Diagnosis {
        id: "too-many-faults",
        is: "counting costs more page faults than one pass",
        why: "Every fault is a way into the kernel and back; two passes are twice the price.",
        anchor: "how-it-works",
        hints: [
            "How often does your program map, or walk through, the same bytes?",
            "A second mapping faults again; many small ones fault each by itself; a copy faults for \
             every page that it fills.",
            "Map once, walk once from the first byte to the last; MAP_POPULATE or \
             MADV_POPULATE_READ may save faults, too.",
        ],
    },
    Diagnosis {
        id: "stops-at-failure",
        is: "one FILE that fails keeps the others from being counted",
        why: "Of a thousand files one is always unreadable.",
        anchor: "exercise",
        hints: [
            "What does your loop do with a failure?",
            "Say the line on standard error, remember that something failed, go on.",
            "At the end: `total` of what was counted, and exit status 1 if anything failed.",
        ],
    },
    Diagnosis {
        id: "failure-not-told",
        is: "a FILE that could not be counted is passed over",
        why: "Who reads the total believes that it is all of them.",
        anchor: "exercise",
        hints: [
            "Two things tell of a failure: a line on standard error, and the exit status.",
            "A directory and a FIFO can be opened; that they cannot be mapped must be told, too.",
            "One line for each, with FILE's name in it, and exit status 1.",
        ],
    },
    Diagnosis {
        id: "cut-crashes",
        is: "a FILE that is truncated while it is counted kills the program",
        why: "NoopObserver asks you before cutting a file; with `read` it would just have ended.",
        anchor: "how-it-works",
        hints: [
            "Which signal is it, and can it be ignored?",
            "A handler for SIGBUS must not return to the load as it was: jump away, or map \
             something there.",
            "`sigsetjmp` before the count and `siglongjmp` in the handler; or a page of zeros by \
             MAP_FIXED, as this lesson's guard.rs does, and a note that the reader looks at.",
        ],
    },
    Diagnosis {
        id: "cut-not-told",
        is: "a FILE that was truncated while it was counted is not told as a failure",
        why: "A count of bytes that are gone is no count.",
        anchor: "how-it-works",
        hints: [
            "How do you notice that FILE has become shorter?",
            "A cut within the last page shows as zeros, without a signal: ask for the length \
             again at the end.",
            "Then one line that names FILE, no count of it, and exit status 1 in the end.",
        ],
    },
];
