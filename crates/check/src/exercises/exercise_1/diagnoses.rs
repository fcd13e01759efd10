//! What can be wrong with a `poke` or a `peek`.

use crate::exercises::Diagnosis;

pub(super) const DIAGNOSES: &[Diagnosis] = &[
    Diagnosis {
        id: "stores-nothing",
        is: "poke reports success and FILE is as before",
        why: "Its caller believes that the bytes are stored.",
        anchor: "the-code",
        hints: [
            "Look at FILE with `od -c` before and after.",
            "A store reaches the file if the mapping is shared and writable.",
            "Map with MAP_SHARED and PROT_WRITE, then copy TEXT's bytes to the mapping.",
        ],
    },
    Diagnosis {
        id: "private-mapping",
        is: "poke stores to a private mapping, which never reaches FILE",
        why: "A private page is copied at the first store; the copy ends with the process.",
        anchor: "the-code",
        hints: [
            "Look at mmap's fourth argument, or at the name of the memmap2 call.",
            "MAP_PRIVATE copies a page when it is stored to; MAP_SHARED is the file's own page.",
            "MAP_SHARED; in memmap2 `map_mut` or `map_raw`, not `map_copy`.",
        ],
    },
    Diagnosis {
        id: "stores-elsewhere",
        is: "TEXT is not at OFFSET",
        why: "The bytes of somebody else were overwritten, and one's own are lost.",
        anchor: "the-code",
        hints: [
            "Compare with `od -c -j OFFSET FILE`: by how much is it off?",
            "A mapping begins at a page's first byte; OFFSET is further in.",
            "Store at (mapping's start) + OFFSET % (page size).",
        ],
    },
    Diagnosis {
        id: "changes-other-bytes",
        is: "a byte that is not TEXT's has changed",
        why: "FILE belongs to others, too; a NUL behind a string is a byte of theirs.",
        anchor: "how-it-works",
        hints: [
            "Compare with a copy: `cmp -l FILE COPY`.",
            "C's strcpy and sprintf store a NUL behind the string.",
            "Copy exactly TEXT's bytes, by memcpy and the length.",
        ],
    },
    Diagnosis {
        id: "shrinks",
        is: "poke makes FILE shorter",
        why: "What was behind the new end is lost, and whoever has it mapped dies of SIGBUS.",
        anchor: "where-it-bites",
        hints: [
            "What does `ftruncate` do to a file that is longer?",
            "O_TRUNC empties the file at once.",
            "Grow only if OFFSET + length is above the length that `fstat` tells.",
        ],
    },
    Diagnosis {
        id: "too-short",
        is: "FILE does not reach to the end of TEXT",
        why: "A store past the end of the file is lost silently, or is SIGBUS.",
        anchor: "how-it-works",
        hints: [
            "The end of the file does not move by a store.",
            "Make the file long enough first.",
            "`ftruncate(fd, OFFSET + length)` if the file is shorter; for an empty TEXT, too.",
        ],
    },
    Diagnosis {
        id: "grows-too-far",
        is: "FILE is longer than OFFSET + length",
        why: "The next who appends leaves a gap; a mapping has whole pages, a file has not.",
        anchor: "how-it-works",
        hints: [
            "Which length did you give to `ftruncate`?",
            "The mapping's length is rounded up to whole pages; the file's is not.",
            "`lseek` to N and writing one byte makes N + 1 bytes.",
        ],
    },
    Diagnosis {
        id: "wrong-size-far-out",
        is: "far out, FILE does not get the length of OFFSET + length",
        why: "A number that does not fit into 32 bits was cut.",
        anchor: "how-it-works",
        hints: [
            "Which type holds your OFFSET?",
            "Offsets have 64 bits: `u64`, `off_t`.",
            "Look for `as u32`, `as i32`, `int`, `atoi`.",
        ],
    },
    Diagnosis {
        id: "wrong-mode",
        is: "a new FILE does not have mode 0600",
        why: "Others can read what was meant for its owner only.",
        anchor: "exercise",
        hints: [
            "`stat -c %a FILE` shows it.",
            "The mode is open's third argument, and the default is 0666 without the umask.",
            "In Rust: `std::os::unix::fs::OpenOptionsExt::mode(0o600)`.",
        ],
    },
    Diagnosis {
        id: "unaligned-offset",
        is: "mmap was given an OFFSET that is no multiple of the page size",
        why: "A page table has pages, not bytes: mmap answers EINVAL.",
        anchor: "the-code",
        hints: [
            "EINVAL from mmap: which of its arguments must be a multiple of something?",
            "Map from the start of OFFSET's page, and skip from there.",
            "start = OFFSET - OFFSET % page; length = OFFSET % page + LEN; the bytes are at OFFSET % page.",
        ],
    },
    Diagnosis {
        id: "maps-the-whole-file",
        is: "a mapping as long as the file, where a few bytes are needed",
        why: "A sparse file can be longer than all addresses that a process may have.",
        anchor: "the-code",
        hints: [
            "Try `ulimit -v 524288` and an OFFSET of a terabyte.",
            "Which bytes do you need? Map these.",
            "One mapping from the start of OFFSET's page to the last byte that is needed.",
        ],
    },
    Diagnosis {
        id: "fills-holes",
        is: "the gap before OFFSET was filled with blocks",
        why: "A terabyte of zeros takes a terabyte; a hole takes nothing.",
        anchor: "where-it-bites",
        hints: [
            "`stat FILE` shows size and blocks.",
            "`fallocate` reserves every block from its offset on; `ftruncate` none.",
            "Reserve, if at all, the range of TEXT only.",
        ],
    },
    Diagnosis {
        id: "leaves-a-new-file",
        is: "a poke that did nothing leaves a new FILE",
        why: "The next program takes the empty file for a real one.",
        anchor: "exercise",
        hints: [
            "What has already happened when the step fails that fails here?",
            "Check all that can be checked before the file is made; a wrong call first of all.",
            "If you made it (O_CREAT with O_EXCL succeeded) and a later step fails: unlink it.",
        ],
    },
    Diagnosis {
        id: "failed-and-changed",
        is: "a poke that fails has changed FILE",
        why: "A failure means: nothing has happened. Who tries again must find what was.",
        anchor: "exercise",
        hints: [
            "Which steps come before the one that fails?",
            "Check OFFSET + length before anything else; let nothing fail after the first store.",
            "If a step after `ftruncate` fails, bring the old length back.",
        ],
    },
    Diagnosis {
        id: "not-mapped",
        is: "FILE was never mapped as the contract says",
        why: "That is what the exercise is about.",
        anchor: "the-code",
        hints: [
            "`strace -e mmap` shows which files are mapped, and how.",
            "One mmap of FILE's descriptor, MAP_SHARED to store.",
            "In Rust: memmap2's `MmapOptions`, with `offset` and `len`.",
        ],
    },
    Diagnosis {
        id: "prints-something-else",
        is: "what is printed is not exactly the bytes of the range",
        why: "What comes next in the pipe takes every byte for FILE's.",
        anchor: "exercise",
        hints: [
            "Compare: `exercise-1 peek FILE 5 6 | od -c`.",
            "No newline, no end at a NUL, no decoding as text; all of it, however often `write` must be called.",
            "In Rust: `io::stdout().write_all(bytes)`, then `flush`; in C: `fwrite`.",
        ],
    },
    Diagnosis {
        id: "opens-for-writing",
        is: "peek opens FILE for writing",
        why: "Files that may only be read are refused, and a slip could change them.",
        anchor: "where-it-bites",
        hints: [
            "`strace -e openat` shows the flags.",
            "A mapping that is only loaded from needs a descriptor that is only read from.",
            "O_RDONLY and PROT_READ; in Rust `File::open`.",
        ],
    },
    Diagnosis {
        id: "prints-past-the-end",
        is: "peek prints what is not in FILE",
        why: "Past the end of the file, a page has zeros, or what a process has stored there. None of these bytes is in FILE.",
        anchor: "how-it-works",
        hints: [
            "How long is FILE, and where does the range end?",
            "The tail of the last page can be loaded without a signal and is not the file's.",
            "Compare OFFSET + LEN with the length that `fstat` tells, and fail before the first byte is printed.",
        ],
    },
    Diagnosis {
        id: "peek-changes",
        is: "peek leaves a trace",
        why: "Who looks must not change what others find.",
        anchor: "exercise",
        hints: [
            "Compare FILE and its directory before and after.",
            "Open for reading only, map for reading only.",
            "No `ftruncate`, no O_CREAT in peek.",
        ],
    },
    Diagnosis {
        id: "peek-creates",
        is: "peek makes the FILE that it does not find",
        why: "A slip in a name makes an empty file instead of an error.",
        anchor: "exercise",
        hints: [
            "Look at the flags of open.",
            "O_CREAT is poke's.",
            "`File::open(path)` never creates.",
        ],
    },
    Diagnosis {
        id: "waits-for-a-fifo",
        is: "given a FIFO the program waits instead of failing",
        why: "To open a FIFO is to wait for its other end, which may never come.",
        anchor: "exercise",
        hints: [
            "`mkfifo f; exercise-1 peek f 0 1` hangs.",
            "O_NONBLOCK makes open return at once; `fstat` then says what it is.",
            "Open with O_NONBLOCK, then refuse what is no regular file.",
        ],
    },
];
