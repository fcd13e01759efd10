//! What can be wrong with a `poke` or a `peek`.

use crate::exercises::common_diagnoses::TEXT_CHANGED;
use crate::exercises::{Diagnosis, Last};

pub(super) const DIAGNOSES: &[Diagnosis] = &[
    Diagnosis {
        id: "stores-nothing",
        is: "poke reports success and FILE is as before",
        why: "Its caller believes that the bytes are stored.",
        anchor: "the-code",
        hints: [
            "Look at FILE with `od -c` before and after.",
            "A store reaches the file if the mapping is shared and writable.",
        ],
        last: Last {
            rust: "Map with memmap2's `map_raw` or `map_mut`, which are MAP_SHARED, then copy TEXT's bytes to the mapping. `to_vec` is a copy: a store to it changes no file.",
            c: "`mmap` with PROT_READ | PROT_WRITE and MAP_SHARED, then `memcpy` TEXT's bytes to the mapping.",
            python: "`m = mmap.mmap(fd, length, offset=start)` is shared and writable; then `m[at:at + len(text)] = text`. `bytearray(m)` is a copy: a store to it changes no file.",
        },
    },
    Diagnosis {
        id: "stores-elsewhere",
        is: "TEXT is not at OFFSET",
        why: "The bytes of somebody else were overwritten, and one's own are lost.",
        anchor: "the-code",
        hints: [
            "Compare with `od -c -j OFFSET FILE`: by how much is it off?",
            "A mapping begins at a page's first byte; OFFSET is further in.",
        ],
        last: Last {
            rust: "Store at (the mapping's start) + OFFSET % (page size). memmap2's `offset` does that for you: then TEXT begins at the first byte of its slice.",
            c: "If `mmap` got `OFFSET - OFFSET % page`, TEXT belongs at `start + OFFSET % page`, where `page` is `sysconf(_SC_PAGESIZE)`.",
            python: "If `mmap.mmap` got `offset=OFFSET - OFFSET % page`, TEXT begins at `m[OFFSET % page]`, where `page` is `mmap.ALLOCATIONGRANULARITY`.",
        },
    },
    TEXT_CHANGED,
    Diagnosis {
        id: "part-missing",
        is: "TEXT is cut at a page's end: its bytes on the next page are not in FILE",
        why: "TEXT may cross from one page to the next. Readers of FILE then find only a part of TEXT.",
        anchor: "the-code",
        hints: [
            "How many bytes does your program map, and how many does it store, if TEXT crosses a page's end?",
            "A mapping may have many pages. It must reach from the start of OFFSET's page to the last byte of TEXT.",
        ],
        last: Last {
            rust: "Map `OFFSET % page + TEXT.len()` bytes, and copy all of TEXT. memmap2's `offset` and `len` do that for you.",
            c: "Map `OFFSET % page + strlen(TEXT)` bytes, and copy all of TEXT, where `page` is `sysconf(_SC_PAGESIZE)`.",
            python: "Give `mmap.mmap` the length `OFFSET % page + len(text)`, and store all of the text, where `page` is `mmap.ALLOCATIONGRANULARITY`.",
        },
    },
    Diagnosis {
        id: "changes-other-bytes",
        is: "a byte that is not TEXT's has changed",
        why: "FILE belongs to others, too; a NUL behind a string is a byte of theirs.",
        anchor: "how-it-works",
        hints: [
            "Compare with a copy: `cmp -l FILE COPY`.",
            "How many bytes do you store? A NUL after the text is a byte too many.",
        ],
        last: Last {
            rust: "Copy exactly `text.len()` bytes: `ptr::copy_nonoverlapping`, or `copy_from_slice`. A `CString` has a NUL at its end.",
            c: "`memcpy` with `strlen(text)`. `strcpy` and `sprintf` store a NUL behind the text.",
            python: "`text = os.fsencode(sys.argv[4])`, and `m[at:at + len(text)] = text`. `ctypes.create_string_buffer` puts a NUL at the end.",
        },
    },
    Diagnosis {
        id: "shrinks",
        is: "poke makes FILE shorter",
        why: "The bytes past the new end are lost. A process that has them mapped and accesses them dies of SIGBUS.",
        anchor: "where-it-bites",
        hints: [
            "What does `ftruncate` do to a file that is longer?",
            "O_TRUNC empties the file at once.",
        ],
        last: Last {
            rust: "Call `set_len` only if OFFSET + length is above `metadata()?.len()`. `File::create` and `truncate(true)` empty the file.",
            c: "Call `ftruncate` only if OFFSET + length is above the `st_size` of `fstat`. O_TRUNC and `fopen(path, \"w+\")` empty the file.",
            python: "Call `os.ftruncate` only if OFFSET + length is above `os.fstat(fd).st_size`. `open(path, \"w+b\")` empties the file; `os.open` with `os.O_RDWR | os.O_CREAT` does not.",
        },
    },
    Diagnosis {
        id: "too-short",
        is: "FILE does not reach to the end of TEXT",
        why: "A store past the end of the file is lost silently, or is SIGBUS.",
        anchor: "how-it-works",
        hints: [
            "The end of the file does not move by a store.",
            "Make the file long enough first.",
        ],
        last: Last {
            rust: "`set_len(OFFSET + length)` if `metadata()?.len()` is less; for an empty TEXT, too.",
            c: "`ftruncate(fd, OFFSET + length)` if `st_size` is less; for an empty TEXT, too.",
            python: "`os.ftruncate(fd, OFFSET + length)` if `os.fstat(fd).st_size` is less; for an empty TEXT, too.",
        },
    },
    Diagnosis {
        id: "grows-too-far",
        is: "FILE is longer than OFFSET + length",
        why: "The next who appends leaves a gap; a mapping has whole pages, a file has not.",
        anchor: "how-it-works",
        hints: [
            "Which length did you give to the file?",
            "The mapping's length is rounded up to whole pages; the file's is not.",
        ],
        last: Last {
            rust: "`set_len(OFFSET + length)`, not rounded up to a page. To `seek` to N and write one byte makes N + 1 bytes.",
            c: "`ftruncate(fd, OFFSET + length)`, not rounded up to a page. To `lseek` to N and write one byte makes N + 1 bytes.",
            python: "`os.ftruncate(fd, OFFSET + length)`, not rounded up to a page. To `os.lseek` to N and write one byte makes N + 1 bytes.",
        },
    },
    Diagnosis {
        id: "wrong-size-far-out",
        is: "far out, FILE does not get the length of OFFSET + length",
        why: "An OFFSET above 2³² needs more than 32 bits. If any step keeps 32 of them, the others are lost.",
        anchor: "how-it-works",
        hints: [
            "How many bits does the place have that holds your OFFSET?",
            "Offsets have 64 bits, from the argument to the last call.",
        ],
        last: Last {
            rust: "Parse OFFSET as a `u64`. Look for `as u32` and `as i32`: they cut it.",
            c: "Keep OFFSET in an `off_t` or a `uint64_t`, and parse it by `strtoull`. Look for `int`, `atoi` and `%d`.",
            python: "Python's own numbers are never cut. A call through `ctypes` without `argtypes` passes 32 bits: use `os.ftruncate` and `mmap.mmap` instead.",
        },
    },
    Diagnosis {
        id: "wrong-mode",
        is: "a new FILE does not have mode 0600",
        why: "Others can read what was meant for its owner only.",
        anchor: "exercise",
        hints: [
            "`stat -c %a FILE` shows it.",
            "The mode is given to the call that makes the file. If you give none, it is 0666 or 0777, less the umask.",
        ],
        last: Last {
            rust: "`OpenOptions::new().mode(0o600)`, by `std::os::unix::fs::OpenOptionsExt`.",
            c: "`open(path, O_RDWR | O_CREAT, 0600)`. `fopen` makes files of mode 0666, less the umask.",
            python: "`os.open(path, os.O_RDWR | os.O_CREAT, 0o600)`. `open()` makes files of mode 0666, less the umask.",
        },
    },
    Diagnosis {
        id: "unaligned-offset",
        is: "mmap was given an OFFSET that is no multiple of the page size",
        why: "A page table has pages, not bytes: mmap returns EINVAL.",
        anchor: "the-code",
        hints: [
            "EINVAL from mmap: which of its arguments must be a multiple of something?",
            "Map from the start of OFFSET's page, and skip from there.",
        ],
        last: Last {
            rust: "With `libc::mmap`: start = OFFSET - OFFSET % page; length = OFFSET % page + LEN; the bytes are at OFFSET % page. memmap2's `offset` takes any byte, and does this for you.",
            c: "start = OFFSET - OFFSET % page; length = OFFSET % page + LEN; the bytes are at OFFSET % page. `page` is `sysconf(_SC_PAGESIZE)`.",
            python: "start = OFFSET - OFFSET % page; `m = mmap.mmap(fd, OFFSET % page + LEN, offset=start)`; the bytes begin at `m[OFFSET % page]`. `page` is `mmap.ALLOCATIONGRANULARITY`.",
        },
    },
    Diagnosis {
        id: "maps-the-whole-file",
        is: "a mapping as long as the file, where a few bytes are needed",
        why: "A sparse file can be longer than all addresses that a process may have.",
        anchor: "the-code",
        hints: [
            "Try `ulimit -v 524288` and an OFFSET of a terabyte.",
            "Which bytes do you need? Map these.",
        ],
        last: Last {
            rust: "`MmapOptions::new().offset(OFFSET).len(LEN)`. Without `len`, memmap2 maps up to the end of the file.",
            c: "`mmap(NULL, OFFSET % page + LEN, …, fd, OFFSET - OFFSET % page)`.",
            python: "`mmap.mmap(fd, OFFSET % page + LEN, offset=OFFSET - OFFSET % page)`. A length of 0 maps up to the end of the file.",
        },
    },
    Diagnosis {
        id: "fills-holes",
        is: "the gap before OFFSET was filled with blocks",
        why: "A terabyte of zeros takes a terabyte; a hole takes nothing.",
        anchor: "where-it-bites",
        hints: [
            "`stat FILE` shows size and blocks.",
            "A file gets its length without blocks; to reserve blocks, or to write zeros, fills them in.",
        ],
        last: Last {
            rust: "`set_len` reserves nothing. If you call `posix_fallocate`, give it OFFSET and the length of TEXT, not 0 and the end.",
            c: "`ftruncate` reserves nothing. If you call `posix_fallocate`, give it OFFSET and the length of TEXT, not 0 and the end.",
            python: "`os.ftruncate` reserves nothing. If you call `os.posix_fallocate`, give it OFFSET and the length of TEXT, not 0 and the end.",
        },
    },
    Diagnosis {
        id: "leaves-a-new-file",
        is: "a poke that did nothing leaves a new FILE",
        why: "The next program takes the empty file for a real one.",
        anchor: "exercise",
        hints: [
            "What has already happened when the step fails?",
            "Check all that can be checked before the file is made; a wrong call first of all.",
        ],
        last: Last {
            rust: "If `OpenOptions::new().create_new(true)` succeeded, you made FILE. If a later step fails: `fs::remove_file`.",
            c: "If `open` with O_CREAT | O_EXCL succeeded, you made FILE. If a later step fails: `unlink`.",
            python: "If `os.open` with `os.O_CREAT | os.O_EXCL` raised nothing, you made FILE. If a later step fails: `os.unlink`.",
        },
    },
    Diagnosis {
        id: "failed-and-changed",
        is: "a poke that fails has changed FILE",
        why: "A failure means: nothing has happened. Who tries again must find what was.",
        anchor: "exercise",
        hints: [
            "Which steps come before the one that fails?",
            "Check OFFSET + length before anything else; let nothing fail after the first store.",
        ],
        last: Last {
            rust: "`offset.checked_add(length)` comes before anything else. If the mapping fails after `set_len`, call `set_len` with the old length.",
            c: "Compare OFFSET with `INT64_MAX - length` before anything else. If `mmap` fails after `ftruncate`, call `ftruncate` with the old length.",
            python: "Compare `OFFSET + len(text)` with `2**63 - 1` before anything else. If `mmap.mmap` fails after `os.ftruncate`, call `os.ftruncate` with the old length.",
        },
    },
    Diagnosis {
        id: "not-mapped",
        is: "FILE was never mapped in the way that the card asks for",
        why: "That is what the exercise is about.",
        anchor: "the-code",
        hints: [
            "`strace -e mmap` shows which files are mapped, and how.",
            "Map FILE's descriptor; to store, the mapping must be shared.",
        ],
        last: Last {
            rust: "memmap2's `MmapOptions`, with `offset` and `len`: `map_raw` to store, `map_raw_read_only` to load.",
            c: "`mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, start)` to store; PROT_READ alone to load.",
            python: "`mmap.mmap(fd, length, offset=start)` to store; with `access=mmap.ACCESS_READ` to load.",
        },
    },
    Diagnosis {
        id: "prints-something-else",
        is: "what is printed is not exactly the bytes of the range",
        why: "What comes next in the pipe takes every byte for FILE's.",
        anchor: "exercise",
        hints: [
            "Compare: `exercise-1 peek FILE 5 6 | od -c`.",
            "No newline, no end at a NUL, no decoding as text; all of it, however often `write` must be called.",
        ],
        last: Last {
            rust: "`io::stdout().write_all(bytes)`, then `flush`. `print!` takes text only.",
            c: "`fwrite(bytes, 1, length, stdout)`, then `fflush`. `printf(\"%s\", …)` and `puts` end at a NUL.",
            python: "`sys.stdout.buffer.write(m[at:at + LEN])`, then `sys.stdout.buffer.flush()`. `print` writes text, and a newline.",
        },
    },
    Diagnosis {
        id: "opens-for-writing",
        is: "peek opens FILE for writing",
        why: "Files that may only be read are refused, and a slip could change them.",
        anchor: "where-it-bites",
        hints: [
            "`strace -e openat` shows the flags.",
            "A mapping that is only loaded from needs a descriptor that is only read from.",
        ],
        last: Last {
            rust: "`File::open`, and memmap2's `map` or `map_raw_read_only`.",
            c: "`open(path, O_RDONLY)`, and PROT_READ alone.",
            python: "`os.open(path, os.O_RDONLY)`, and `access=mmap.ACCESS_READ`: without it, `mmap.mmap` asks for a writable mapping.",
        },
    },
    Diagnosis {
        id: "prints-past-the-end",
        is: "the range reaches past the end of FILE, and peek prints something instead of failing",
        why: "The caller asked for LEN bytes, and FILE does not have that many. What peek prints is too short, or its end is not FILE's: past the end of the file, a page has zeros, or what a process has stored there.",
        anchor: "how-it-works",
        hints: [
            "How long is FILE, and where does the range end?",
            "The tail of the last page can be loaded without a signal and is not the file's.",
        ],
        last: Last {
            rust: "Compare OFFSET + LEN with `file.metadata()?.len()`, and fail before the first byte is printed.",
            c: "Compare OFFSET + LEN with the `st_size` of `fstat`, and fail before the first byte is printed.",
            python: "Compare OFFSET + LEN with `os.fstat(fd).st_size`, and fail before the first byte is printed. A slice past the end of `m` is cut without an error.",
        },
    },
    Diagnosis {
        id: "peek-changes",
        is: "peek leaves a trace",
        why: "A program that only looks at FILE must not change what others find.",
        anchor: "exercise",
        hints: [
            "Compare FILE and its directory before and after.",
            "Open for reading only, map for reading only.",
        ],
        last: Last {
            rust: "`File::open` and `map_raw_read_only`; no `set_len`, no `create(true)`.",
            c: "O_RDONLY and PROT_READ; no `ftruncate`, no O_CREAT.",
            python: "`os.O_RDONLY` and `mmap.ACCESS_READ`; no `os.ftruncate`, no `os.O_CREAT`.",
        },
    },
    Diagnosis {
        id: "peek-creates",
        is: "peek makes the FILE that it does not find",
        why: "A slip in a name makes an empty file instead of an error.",
        anchor: "exercise",
        hints: ["Look at the flags of open.", "Only `poke` may create FILE."],
        last: Last {
            rust: "`File::open(path)` never creates.",
            c: "`open(path, O_RDONLY)` never creates; O_CREAT does.",
            python: "`os.open(path, os.O_RDONLY)` never creates; `os.O_CREAT`, and `open` with the modes `w` and `a`, do.",
        },
    },
];
