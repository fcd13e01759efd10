//! What can be wrong with `record` and `list`.

use crate::exercises::common_diagnoses::{EMPTIES_FILE, NOT_UTF_8, TEXT_CHANGED};
use crate::exercises::{Diagnosis, Last};

/// All of it, beside what all exercises share.
pub(super) const DIAGNOSES: &[Diagnosis] = &[
    EMPTIES_FILE,
    NOT_UTF_8,
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
        ],
        last: Last {
            rust: "Store, then memmap2's `flush_range`, which rounds to pages for you and waits (`flush_async` does not), then the line.",
            c: "Store, then `msync` of the whole pages from the first slot to the last with MS_SYNC, then the line.",
            python: "Store, then `m.flush()`, then the line. It is `msync` with MS_SYNC of the whole mapping; in `m.flush(offset, size)`, the offset must be a multiple of the page size.",
        },
    },
    Diagnosis {
        id: "unaligned-msync",
        is: "`msync` got an address that is no multiple of the page size: it returned EINVAL and flushed nothing",
        why: "The kernel writes whole pages. A slot's own address is a page's address only for every 64th slot.",
        anchor: "how-it-works",
        hints: [
            "Which address does your program give to the flush, and what does the flush return?",
            "Round the address of the first slot down to the start of its page. The length is counted from there to the end of the last slot.",
        ],
        last: Last {
            rust: "memmap2's `flush_range` rounds for you. With `libc::msync`: the address less `address % page`, and the length plus `address % page`. Look at the result.",
            c: "`size_t past = (size_t)slot % page; msync(slot - past, past + length, MS_SYNC)`, where `page` is `sysconf(_SC_PAGESIZE)`. Look at the result.",
            python: "`start = at - at % mmap.PAGESIZE; m.flush(start, end - start)`; or `m.flush()`, which flushes the whole mapping.",
        },
    },
    Diagnosis {
        id: "said-before-flushing",
        is: "`durable K` is written first, and slot K is flushed after that",
        why: "If the power fails between the two, the line was read and the record is not on the disk.",
        anchor: "how-it-works",
        hints: [
            "Which comes first in your program, the flush or the line?",
            "Store, flush, look at the result of the flush, then print the line. If a line is buffered, what counts is when it is written.",
        ],
        last: Last {
            rust: "Call `println!(\"durable {slot}\")` after `flush_range`, and after `sync_all` if FILE is new.",
            c: "Call `printf(\"durable %zu\\n\", slot)` after `msync` with MS_SYNC, and after `fsync` if FILE is new.",
            python: "Call `print(f\"durable {slot}\")` after `m.flush()`, and after `os.fsync(fd)` if FILE is new.",
        },
    },
    Diagnosis {
        id: "new-file-not-durable",
        is: "the record is on the disk, and nothing has promised the new FILE's name",
        why: "After a power cut, there may be no FILE to find the bytes in.",
        anchor: "where-it-bites",
        hints: [
            "A new file is two things: its bytes, and an entry in a directory.",
            "msync and fdatasync promise the bytes. What promises the entry?",
        ],
        last: Last {
            rust: "If `record` made FILE, call `sync_all` on it, or on its directory (`File::open` opens it), before the first `durable` line.",
            c: "If `record` made FILE, call `fsync` on it, or on its directory (open it with O_RDONLY), before the first `durable` line.",
            python: "If `record` made FILE, call `os.fsync(fd)` on it, or on its directory (open it by `os.open` with `os.O_RDONLY`), before the first `durable` line.",
        },
    },
    Diagnosis {
        id: "failed-flush-ignored",
        is: "the flush failed, and `durable K` was said all the same",
        why: "A broken disk is exactly when the promise matters.",
        anchor: "where-it-bites",
        hints: [
            "msync and fsync can fail, such as with EIO. The disk's error is told once.",
            "Look at the result of every flush before the line is printed.",
        ],
        last: Last {
            rust: "`flush_range` and `sync_all` return a `Result`. On `Err`: one line that names the step and FILE, exit status 1, no `durable` line.",
            c: "`msync` and `fsync` return -1. Then: one line that names the step and FILE, exit status 1, no `durable` line.",
            python: "`m.flush()` and `os.fsync` raise `OSError`. Catch it: one line that names the step and FILE, exit status 1, no `durable` line.",
        },
    },
    Diagnosis {
        id: "flushed-again",
        is: "a flush failed, the next one returned 0, and `durable K` was said",
        why: "The kernel tells a failed write once. Then it counts the pages as clean, so the next flush writes nothing and returns 0. The bytes are not on the disk.",
        anchor: "where-it-bites",
        hints: [
            "What does your program do when the first flush fails? `seen` shows what the next one returned.",
            "After a flush has failed, no later flush of the same bytes means anything: fail.",
        ],
        last: Last {
            rust: "On the first `Err` of `flush_range` or `sync_all`: one line that names the step and FILE, exit status 1, no `durable` line. No loop around a flush.",
            c: "On the first -1 of `msync` or `fsync`: one line that names the step and FILE, exit status 1, no `durable` line. No loop around a flush.",
            python: "On the first `OSError` of `m.flush()` or `os.fsync`: one line that names the step and FILE, exit status 1, no `durable` line. No loop around a flush.",
        },
    },
    Diagnosis {
        id: "sync-reports-nothing",
        is: "the disk failed, and `durable K` was said: `sync` reports no error",
        why: "A broken disk is exactly when the promise matters. `sync` returns nothing, so a failure cannot be noticed.",
        anchor: "where-it-bites",
        hints: [
            "Which call flushes FILE, and how does it tell you that the disk failed?",
            "msync and fsync report the disk's error; sync does not. Besides, sync flushes all files of the machine.",
        ],
        last: Last {
            rust: "memmap2's `flush_range`, or `sync_all`, instead of `libc::sync`. Look at the `Result` before the line is printed.",
            c: "`msync` with MS_SYNC, or `fsync(fd)`, instead of `sync()`. Look at the result before the line is printed.",
            python: "`m.flush()` or `os.fsync(fd)` instead of `os.sync()`. Both raise `OSError`: catch it before the line is printed.",
        },
    },
    TEXT_CHANGED,
    Diagnosis {
        id: "wrong-slot",
        is: "a text is not in the lowest-numbered free slot",
        why: "Every reader of the ledger looks for records where the format puts them.",
        anchor: "exercise",
        hints: [
            "A slot is free if its first byte is 0, whatever is behind it.",
            "Start the search at slot 0; for the next TEXT go on behind the last one.",
        ],
        last: Last::every("Slot K begins at byte 64 × K."),
    },
    Diagnosis {
        id: "old-bytes-show",
        is: "bytes of an older record show after the text",
        why: "The ledger then says what nobody recorded.",
        anchor: "exercise",
        hints: [
            "A free slot is not an empty one: only its first byte is 0.",
            "How does the reader know where the text ends? 63 bytes leave room for a 0.",
        ],
        last: Last {
            rust: "Copy the text, then store zeros up to the end of the slot: `ptr::write_bytes`, or `fill(0)` of a slice.",
            c: "`memcpy` the text, then `memset(slot + length, 0, 64 - length)`.",
            python: "`m[at:at + 64] = text.ljust(64, b\"\\0\")`.",
        },
    },
    Diagnosis {
        id: "old-bytes-left",
        is: "the rest of the slot after the text is not zero",
        why: "Bytes of an older record stay in FILE, on the disk. A program that reads the whole slot finds them.",
        anchor: "exercise",
        hints: [
            "`od -c FILE` shows what is in the slot after the text and its 0.",
            "The card asks for zeros after the text. How many bytes does your program store in a slot of 64?",
        ],
        last: Last {
            rust: "Copy the text, then store zeros up to the end of the slot: `ptr::write_bytes`, or `fill(0)` of a slice.",
            c: "`strcpy` stores one NUL, and leaves the rest. `memcpy` the text, then `memset(slot + length, 0, 64 - length)`; `strncpy(slot, text, 64)` does both.",
            python: "`m[at:at + 64] = text.ljust(64, b\"\\0\")`.",
        },
    },
    Diagnosis {
        id: "other-bytes-changed",
        is: "bytes changed that are not the record's",
        why: "Somebody else's record is damaged.",
        anchor: "exercise",
        hints: [
            "A store of 64 bytes too many runs into the next slot.",
            "What is no ledger must be refused before the first store.",
        ],
        last: Last {
            rust: "Copy `text.len()` bytes, 63 at most, to the slot, then zeros up to byte 64 of it, nothing more.",
            c: "`memcpy(slot, text, length)`, 63 bytes at most, then `memset(slot + length, 0, 64 - length)`, nothing more.",
            python: "`m[at:at + 64] = text.ljust(64, b\"\\0\")`, and nothing more. Look for `m[:] = …` and for `m.write`.",
        },
    },
    Diagnosis {
        id: "wrong-size",
        is: "FILE does not have the size that the card asks for",
        why: "The card asks for the next multiple of the page size: a mapping covers whole pages anyway.",
        anchor: "exercise",
        hints: [
            "A full FILE grows to the next multiple of the page size; one with a free slot does \
             not grow.",
            "The old size may be no multiple of the page size, and FILE may be empty.",
        ],
        last: Last {
            rust: "`set_len((size / page + 1) * page)`, with the page size from `sysconf`, and map again after it.",
            c: "`ftruncate(fd, (size / page + 1) * page)`, with the page size from `sysconf`, and map again after it.",
            python: "`os.ftruncate(fd, (size // mmap.PAGESIZE + 1) * mmap.PAGESIZE)`, and map again after it; `m.resize` does both.",
        },
    },
    Diagnosis {
        id: "wrong-lines",
        is: "the lines are not one `durable K` for each record",
        why: "Another program reads them.",
        anchor: "exercise",
        hints: [
            "One line for each TEXT, and nothing else, on standard output.",
            "`durable`, a blank, the slot's number from 0, a newline.",
        ],
        last: Last {
            rust: "`println!(\"durable {slot}\")` for each TEXT; everything else by `eprintln!`. Try `record FILE a b | cat -A`.",
            c: "`printf(\"durable %zu\\n\", slot)` for each TEXT; everything else to `stderr`. Try `record FILE a b | cat -A`.",
            python: "`print(f\"durable {slot}\")` for each TEXT; everything else with `file=sys.stderr`. Try `record FILE a b | cat -A`.",
        },
    },
    Diagnosis {
        id: "unfit-text-taken",
        is: "an unfit TEXT is taken",
        why: "It runs into the next slot, or the list has lines that nobody recorded.",
        anchor: "exercise",
        hints: [
            "Bytes count, not characters: 1 to 63.",
            "No text may be empty, and none may hold a newline.",
        ],
        last: Last {
            rust: "Ask for `(1..=63).contains(&text.len())` and for no `b'\\n'` in the bytes of `args_os`. Refuse others with one line on standard error and exit status 1.",
            c: "`strlen(text)` must be 1 to 63, and `strchr(text, '\\n')` must be NULL. Refuse others with one line on standard error and exit status 1.",
            python: "`text = os.fsencode(argument)`; then ask for `1 <= len(text) <= 63 and b\"\\n\" not in text`. Refuse others with one line on standard error and exit status 1.",
        },
    },
    Diagnosis {
        id: "stored-before-refusing",
        is: "texts are stored before an unfit one is refused",
        why: "Half a call is done, and the caller was told that it failed.",
        anchor: "exercise",
        hints: [
            "Which comes first, the first store or the look at the last TEXT?",
            "Look at all of them before FILE is opened.",
        ],
        last: Last::every("Two loops: one that checks, one that stores."),
    },
    Diagnosis {
        id: "list-wrong",
        is: "`list` does not print the used slots, one text a line",
        why: "A list that shows too much or too little is no record of anything.",
        anchor: "exercise",
        hints: [
            "A text ends at its 0, or with its slot: another program may have filled all 64 bytes.",
            "Free slots print nothing; an empty FILE prints nothing, and is no failure.",
        ],
        last: Last {
            rust: "`slot.iter().position(|byte| *byte == 0)` is where the text ends; `None` means byte 64.",
            c: "`strnlen(slot, 64)` is the length of the text; then `fwrite`.",
            python: "`m[at:at + 64].split(b\"\\0\", 1)[0]` is the text; `strip()` would take away blanks that are a part of it. `mmap.mmap` of an empty FILE raises `ValueError`: look at `os.fstat(fd).st_size` first.",
        },
    },
    Diagnosis {
        id: "wrong-call-taken",
        is: "a wrong call has an effect",
        why: "A slip of the keyboard must not make files.",
        anchor: "exercise",
        hints: [
            "Count the arguments before anything is opened.",
            "`record` needs FILE and at least one TEXT, `list` exactly FILE.",
        ],
        last: Last::every("One line of usage on standard error, exit status 2."),
    },
];
