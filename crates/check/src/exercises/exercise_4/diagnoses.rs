//! What can be wrong with `preview`.

use crate::exercises::Diagnosis;

/// All of it, beside what all exercises share.
pub(super) const DIAGNOSES: &[Diagnosis] = &[
    Diagnosis {
        id: "wrong-output",
        is: "what is printed is not FILE with every FROM replaced by TO",
        why: "A preview that shows something else is worse than none.",
        anchor: "exercise",
        hints: [
            "Compare with `tr FROM TO < FILE | cmp - <(./exercise-4 preview FILE FROM TO)`.",
            "Every FROM counts, in the first byte and in the last; bytes are not characters.",
            "The mapping covers whole pages, FILE does not: print as many bytes as FILE has.",
        ],
    },
    Diagnosis {
        id: "empty-file",
        is: "an empty FILE is taken for a failure",
        why: "Nothing to replace is no mistake; `tr` says nothing about it, either.",
        anchor: "exercise",
        hints: [
            "What does mmap answer to a length of 0?",
            "EINVAL: no bytes cannot be mapped.",
            "Ask for the length (`fstat`) first; if it is 0, there is nothing to do: exit status \
             0.",
        ],
    },
    Diagnosis {
        id: "file-changed",
        is: "FILE has changed",
        why: "A preview was asked for, and the original is gone.",
        anchor: "how-it-works",
        hints: [
            "What is the difference between MAP_SHARED and MAP_PRIVATE?",
            "A store through a shared mapping is a store to the file.",
            "MAP_PRIVATE, or `map_copy` of memmap2, and FILE opened for reading only.",
        ],
    },
    Diagnosis {
        id: "file-touched",
        is: "FILE's time of modification has changed",
        why: "Backups and build tools take the file for a new one.",
        anchor: "exercise",
        hints: [
            "Which of your calls could change a file that only gets looked at?",
            "Times, lengths, names: nothing of FILE is to be set, and nothing written back.",
            "`open` with O_RDONLY, `fstat`, `mmap` with MAP_PRIVATE are enough.",
        ],
    },
    Diagnosis {
        id: "opened-for-writing",
        is: "FILE is opened for writing",
        why: "Who may only read a file can preview it too, and what is not open for writing \
              cannot be harmed.",
        anchor: "where-it-bites",
        hints: [
            "Which mapping needs a descriptor that may write?",
            "Only a shared one that is writable. A private one is content with O_RDONLY.",
            "`File::open`, or `open(path, O_RDONLY)`; PROT_READ | PROT_WRITE with MAP_PRIVATE.",
        ],
    },
    Diagnosis {
        id: "copied-without-need",
        is: "pages are copied that hold no FROM",
        why: "Every copied page is memory of your own; a preview of a large file should cost what \
              it changes.",
        anchor: "how-it-works",
        hints: [
            "What makes the kernel copy a page: a different byte, or a store?",
            "A store does, even of the byte that is there; and MAP_POPULATE stores to every page.",
            "Load first; store only where a FROM is, and nothing at all if FROM equals TO.",
        ],
    },
    Diagnosis {
        id: "not-edited-in-place",
        is: "the output is right, but no private mapping of FILE was edited",
        why: "The exercise is the copy that the kernel makes, a page at a time, not one made by \
              hand.",
        anchor: "the-code",
        hints: [
            "Where do the changed bytes lie before they are printed?",
            "Map FILE with PROT_READ | PROT_WRITE and MAP_PRIVATE, and store into the mapping \
             itself.",
            "Then write standard output straight from the mapping.",
        ],
    },
    Diagnosis {
        id: "wrong-call-taken",
        is: "a wrong call is taken for a right one",
        why: "Who types two letters where one belongs gets something that they did not ask for.",
        anchor: "exercise",
        hints: [
            "FROM and TO are exactly one byte each: not none, not two.",
            "`é` is two bytes in UTF-8; in C, `strlen(argv[3]) == 1`.",
            "Check that before FILE is opened: one line of usage, exit status 2.",
        ],
    },
];
