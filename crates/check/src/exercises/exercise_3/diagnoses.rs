//! What can be wrong with `record` and `list`.

use crate::exercises::Diagnosis;

/// All of it, beside what all exercises share.
pub(super) const DIAGNOSES: &[Diagnosis] = &[
    Diagnosis {
        id: "not-durable-when-said",
        is: "`durable K` is said before slot K is on the disk",
        why: "Somebody relies on it, the power fails, and what was promised is not there.",
        anchor: "how-it-works",
        hints: [
            "A store reaches the page cache at once, and the disk half a minute later. What ends \
             the wait?",
            "MS_SYNC waits, MS_ASYNC does nothing; the address must be a page's, the range must \
             hold the slot, and the descriptor must be open for writing. Is its result looked at?",
            "Store, then `msync` of the whole pages from the first slot to the last with MS_SYNC, \
             then the line. Through `memmap2`: `flush_range`, which rounds to pages for you.",
        ],
    },
    Diagnosis {
        id: "new-file-not-durable",
        is: "the record is on the disk, and the new FILE's name is not",
        why: "After a power cut the bytes belong to nobody: there is no FILE to find them in.",
        anchor: "where-it-bites",
        hints: [
            "A new file is two things: its bytes, and an entry in a directory.",
            "msync and fdatasync promise the bytes. What promises the entry?",
            "If `record` made FILE, call `fsync` on it, or on its directory (open it for reading), \
             before the first `durable` line.",
        ],
    },
    Diagnosis {
        id: "failed-flush-ignored",
        is: "the flush failed, and `durable K` was said all the same",
        why: "A full or broken disk is exactly when the promise matters.",
        anchor: "where-it-bites",
        hints: [
            "msync and fsync can fail: EIO, ENOSPC. The disk's error is told once.",
            "Look at the result of every flush before the line is printed.",
            "On failure: one line that names the step and FILE, exit status 1, no `durable` line.",
        ],
    },
    Diagnosis {
        id: "wrong-slot",
        is: "a text is not in the lowest-numbered free slot",
        why: "Whoever reads the ledger looks for records where the format puts them.",
        anchor: "exercise",
        hints: [
            "A slot is free if its first byte is 0, whatever is behind it.",
            "Start the search at slot 0; for the next TEXT go on behind the last one.",
            "Slot K begins at byte 64 × K.",
        ],
    },
    Diagnosis {
        id: "old-bytes-show",
        is: "bytes of an older record show after the text",
        why: "The ledger then says what nobody recorded.",
        anchor: "exercise",
        hints: [
            "A free slot is not an empty one: only its first byte is 0.",
            "How does the reader know where the text ends?",
            "Store a 0 after the text; 63 bytes leave room for it.",
        ],
    },
    Diagnosis {
        id: "other-bytes-changed",
        is: "bytes changed that are not the record's",
        why: "Somebody else's record is damaged.",
        anchor: "exercise",
        hints: [
            "A store of 64 bytes too many runs into the next slot.",
            "What is no ledger must be refused before the first store.",
            "Copy the text and its 0, nothing more, to the slot's first bytes.",
        ],
    },
    Diagnosis {
        id: "wrong-size",
        is: "FILE has not the size of the contract",
        why: "Growing slot by slot flushes a new length every time, and a mapping covers whole \
              pages anyway.",
        anchor: "exercise",
        hints: [
            "A full FILE grows to the next multiple of the page size; one with a free slot does \
             not grow.",
            "The old size may be no multiple of the page size, and FILE may be empty.",
            "(size / page + 1) × page, with the page size from `sysconf`, and map again after it.",
        ],
    },
    Diagnosis {
        id: "wrong-lines",
        is: "the lines are not one `durable K` for each record",
        why: "Another program reads them.",
        anchor: "exercise",
        hints: [
            "One line for each TEXT, and nothing else, on standard output.",
            "`durable`, a blank, the slot's number from 0, a newline.",
            "Try `record FILE a b | cat -A`.",
        ],
    },
    Diagnosis {
        id: "unfit-text-taken",
        is: "an unfit TEXT is taken",
        why: "It runs into the next slot, or the list has lines that nobody recorded.",
        anchor: "exercise",
        hints: [
            "Bytes count, not characters: 1 to 63.",
            "No text may be empty, and none may hold a newline.",
            "Refuse it with one line on standard error and exit status 1.",
        ],
    },
    Diagnosis {
        id: "stored-before-refusing",
        is: "texts are stored before an unfit one is refused",
        why: "Half a call is done, and the caller was told that it failed.",
        anchor: "exercise",
        hints: [
            "Which comes first, the first store or the look at the last TEXT?",
            "Look at all of them before FILE is opened.",
            "Two loops: one that checks, one that stores.",
        ],
    },
    Diagnosis {
        id: "list-wrong",
        is: "`list` does not print the used slots, one text a line",
        why: "A list that shows too much or too little is no record of anything.",
        anchor: "exercise",
        hints: [
            "A text ends at its 0, or with its slot: another program may have filled all 64 bytes.",
            "Free slots print nothing; an empty FILE prints nothing, and is no failure.",
            "`strnlen(slot, 64)` in C, `slot.iter().position(|byte| *byte == 0)` in Rust.",
        ],
    },
    Diagnosis {
        id: "wrong-call-taken",
        is: "a wrong call has an effect",
        why: "A slip of the keyboard must not make files.",
        anchor: "exercise",
        hints: [
            "Count the arguments before anything is opened.",
            "`record` needs FILE and at least one TEXT, `list` exactly FILE.",
            "One line of usage on standard error, exit status 2.",
        ],
    },
];
