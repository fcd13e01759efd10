//! What can be wrong with `lines`.

use crate::exercises::{Diagnosis, Last};

/// All of it, beside what all exercises share.
pub(super) const DIAGNOSES: &[Diagnosis] = &[
    Diagnosis {
        id: "wrong-count",
        is: "a line is not `LINES BYTES NAME` as `wc -lc` counts",
        why: "A count that is nearly right is wrong.",
        anchor: "exercise",
        hints: [
            "Compare with `wc -lc FILE`; only the order of the columns is yours.",
            "A line ends with a newline: what follows the last newline is no line. Single blanks, and `LINES BYTES total` last if several FILEs were given.",
        ],
        last: Last {
            rust: "Count the bytes that are `b'\\n'`, and take BYTES from `metadata()?.len()`. `lines()` counts a last line without a newline, too.",
            c: "Count the bytes that are `'\\n'` (`memchr` finds the next), from 0 to `st_size`, which is BYTES. A NUL ends a C string, and does not end FILE: a loop until `p[i]` is 0 stops there. A mapping has zeros after the last byte.",
            python: "Count `b\"\\n\"`, and take BYTES from `os.fstat(fd).st_size`. `m.readline` and `splitlines` count a last line without a newline, too. Write NAME by `os.fsencode`.",
        },
    },
    Diagnosis {
        id: "count-overflows",
        is: "a number is too large for its type: only its lowest 32 bits are printed",
        why: "Files, and sums of their sizes, may be larger than 2 GiB. An `int` ends at 2 147 483 647.",
        anchor: "exercise",
        hints: [
            "Which type has the number that is wrong, and what is its largest value?",
            "A file's size has 64 bits, and so has a sum of sizes.",
        ],
        last: Last {
            rust: "`u64` for each number and each sum, and no `as i32` or `as u32`: `metadata()?.len()` is a `u64`.",
            c: "`long long` (or `uint64_t`, `off_t`) for each number and each sum, and `%lld` to print it. `int` has 32 bits.",
            python: "Python's integers do not end. `ctypes.c_int`, `struct.pack(\"i\", …)` and `numpy.int32` have 32 bits.",
        },
    },
    Diagnosis {
        id: "unended-line-counted",
        is: "a last line without a newline is counted as a line",
        why: "`wc -l` counts newlines. Two programs that count differently cannot be compared.",
        anchor: "exercise",
        hints: [
            "Compare: `printf 'one\\ntwo' > FILE; wc -lc FILE`.",
            "LINES is the number of newlines. What follows the last newline counts for BYTES only.",
        ],
        last: Last {
            rust: "Count the bytes that are `b'\\n'`. `lines()` and `split` count what follows the last one, too.",
            c: "Count the bytes that are `'\\n'`, and add nothing at the end of the mapping.",
            python: "Count `b\"\\n\"`, by `count` or `find`. `readline` and `splitlines` count what follows the last one, too.",
        },
    },
    Diagnosis {
        id: "empty-file",
        is: "an empty FILE is not counted as 0 lines and 0 bytes",
        why: "Empty files are the most ordinary files of all.",
        anchor: "where-it-bites",
        hints: [
            "What does mmap answer to a length of 0?",
            "EINVAL. And a page mapped over an empty file cannot be touched: SIGBUS.",
        ],
        last: Last {
            rust: "Ask for `metadata()?.len()` first; if it is 0, print the line and map nothing.",
            c: "Ask for `st_size` by `fstat` first; if it is 0, print the line and map nothing.",
            python: "`mmap.mmap` of an empty file raises `ValueError`. Ask for `os.fstat(fd).st_size` first; if it is 0, print the line and map nothing.",
        },
    },
    Diagnosis {
        id: "too-slow",
        is: "the program uses up its processor time on a large FILE",
        why: "It counts small files in time, and a large one not. A large FILE has millions of bytes: what is done for each of them decides.",
        anchor: "how-it-works",
        hints: [
            "How much does your program do for each byte?",
            "Let one call count, or find the next newline in, a piece of 64 KiB.",
        ],
        last: Last {
            rust: "`memchr::memchr_iter(b'\\n', bytes).count()`, or `bytes.iter().filter(|byte| **byte == b'\\n').count()`. A loop of volatile or atomic loads of single bytes is slow.",
            c: "`memchr` finds the next newline. Do not call a function of your own or of stdio for each byte, and do not start at the first byte again after each line.",
            python: "`m[i:i + 65536].count(b\"\\n\")` for each piece. A loop in Python over single bytes takes about a hundred times as long.",
        },
    },
    Diagnosis {
        id: "faults-for-ever",
        is: "after a SIGBUS, the program accesses the same page again, without an end",
        why: "A handler that returns lets the CPU repeat the access that failed, and it fails again.",
        anchor: "where-it-bites",
        hints: [
            "Where does your program go on after its handler of SIGBUS has returned?",
            "The handler must leave the access (`siglongjmp`), or map something else there. Or a process that may die does the counting.",
        ],
        last: Last {
            rust: "A handler by `libc::sigaction` cannot return. `libc::mmap` with MAP_FIXED and MAP_ANONYMOUS puts a page of zeros there, and the handler notes that FILE was cut.",
            c: "`sigsetjmp` before the count, and `siglongjmp` in the handler. Then print the line, and go on with the next FILE.",
            python: "Python runs a handler of `signal.signal` between two of its own steps, so it never comes to it: the access repeats inside one step. Count in a child of `os.fork`, and look how it ended.",
        },
    },
    Diagnosis {
        id: "too-many-mappings",
        is: "mappings are not released",
        why: "Address space and the kernel's table of mappings (some 65 000) come to an end.",
        anchor: "how-it-works",
        hints: [
            "When does a mapping of yours go away?",
            "To close the descriptor is not enough: a mapping stays until it is unmapped.",
        ],
        last: Last {
            rust: "A mapping of memmap2 goes when its value is dropped: make it inside the loop, and keep none in a `Vec`. With `libc::mmap`, call `libc::munmap`, before the next is mapped.",
            c: "`munmap` each FILE, or each window of it, when it is counted, before the next is mapped; on failures, too.",
            python: "`m.close()` for each FILE when it is counted, or `with mmap.mmap(…) as m:`. While a `memoryview` of `m` exists, `m.close()` raises `BufferError`.",
        },
    },
    Diagnosis {
        id: "descriptors-kept",
        is: "the descriptors of FILEs are kept open",
        why: "A process may have some thousand; the next FILE cannot be opened then.",
        anchor: "how-it-works",
        hints: [
            "What is a descriptor still needed for once the file is mapped?",
            "For nothing: the mapping keeps the file.",
        ],
        last: Last {
            rust: "Close it when it is mapped: let the `File` go out of scope, and keep none in a `Vec`.",
            c: "`close(fd)` directly after `mmap`; on failures, too.",
            python: "`os.close(fd)` after `mmap.mmap`, and `m.close()` when FILE is counted: `m` has a duplicate of the descriptor until then.",
        },
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
        ],
        last: Last {
            rust: "Map once, walk once from the first byte to the last, and make no `to_vec`.",
            c: "Map once, walk once from the first byte to the last.",
            python: "Map once, and count in slices of 64 KiB: `m[at:at + 65536].count(b\"\\n\")`. A slice is a copy, and small copies use the same memory again; `m[:]` fills as many pages as FILE has.",
        },
    },
    Diagnosis {
        id: "populated-twice",
        is: "the pages of FILE are populated more than once: that is more than one pass",
        why: "To populate a mapping, the kernel walks through all of its pages, as a pass does. One pass needs that once at most.",
        anchor: "how-it-works",
        hints: [
            "Which of your calls populate pages? `strace` shows them: MAP_POPULATE, MADV_POPULATE_READ, MAP_LOCKED, `mlock`.",
            "Lines and bytes can be counted in one walk through one mapping. A new mapping begins without pages.",
        ],
        last: Last {
            rust: "Map once, with or without `populate()`, and walk once from the first byte to the last. BYTES is `metadata()?.len()`: that needs no walk.",
            c: "Map once, with or without MAP_POPULATE, and walk once from the first byte to the last. BYTES is `st_size`: that needs no walk.",
            python: "Map once, with or without `mmap.MAP_POPULATE`, and walk once from the first byte to the last. BYTES is `os.fstat(fd).st_size`: that needs no walk.",
        },
    },
    Diagnosis {
        id: "private-copies",
        is: "the program stores through a private mapping, and the kernel copies these pages of FILE",
        why: "The kernel copies a page of a private mapping at the first store in this page. Each copy is memory of your own, and a page fault.",
        anchor: "how-it-works",
        hints: [
            "Where does your program store to the bytes of FILE?",
            "To count, a program only loads. A NUL at the end of a line, for example, is a store.",
        ],
        last: Last {
            rust: "Map with `MmapOptions::map`, not `map_copy`: then the compiler finds the store.",
            c: "Map with PROT_READ alone: then each store is a SIGSEGV, and a debugger shows its line. `strtok` stores; `memchr` does not, and it needs no NUL.",
            python: "Map with `access=mmap.ACCESS_READ`, not `mmap.ACCESS_COPY`: then a store raises `TypeError`.",
        },
    },
    Diagnosis {
        id: "stops-at-failure",
        is: "one FILE that fails keeps the others from being counted",
        why: "Of a thousand files one is always unreadable.",
        anchor: "exercise",
        hints: [
            "What does your loop do with a failure?",
            "Say the line on standard error, remember that something failed, go on.",
        ],
        last: Last {
            rust: "`match` on the result inside the loop, not `?`. At the end: `total` of what was counted, and exit status 1 if anything failed.",
            c: "`continue` in the loop, not `exit`. At the end: `total` of what was counted, and exit status 1 if anything failed.",
            python: "`try` and `except (OSError, ValueError)` inside the loop, not around it. At the end: `total` of what was counted, and exit status 1 if anything failed.",
        },
    },
    Diagnosis {
        id: "failure-not-told",
        is: "a FILE that could not be counted is passed over",
        why: "Readers of the total believe that it counts all files.",
        anchor: "exercise",
        hints: [
            "Two things tell of a failure: a line on standard error, and the exit status.",
            "A directory and a FIFO can be opened; that they cannot be mapped must be told, too.",
        ],
        last: Last {
            rust: "One `eprintln!` for each, with FILE's name in it, and `ExitCode::FAILURE` at the end. `metadata()?.is_file()` finds directories and FIFOs.",
            c: "One `fprintf(stderr, …)` for each, with FILE's name in it, and exit status 1. `S_ISREG(st.st_mode)` finds directories and FIFOs.",
            python: "One `print(…, file=sys.stderr)` for each, with FILE's name in it, and `sys.exit(1)` at the end. `stat.S_ISREG(os.fstat(fd).st_mode)` finds directories and FIFOs.",
        },
    },
    Diagnosis {
        id: "cut-crashes",
        is: "a FILE that is truncated while it is counted kills the program",
        why: "Nobody asks you before cutting a file; with `read` it would just have ended.",
        anchor: "how-it-works",
        hints: [
            "Which signal is it, and can it be ignored?",
            "If a handler for SIGBUS just returns, the same load is repeated. It must jump away, or map something there; or another process counts, and dies in place of yours.",
        ],
        last: Last {
            rust: "In the handler, map a page of zeros by MAP_FIXED, as this lesson's guard.rs does, and leave a note that the reader looks at.",
            c: "`sigsetjmp` before the count and `siglongjmp` in the handler; or a page of zeros by MAP_FIXED, and a note that the reader looks at.",
            python: "`signal.signal` does not help: the load is repeated before Python calls your handler. Count in a child (`os.fork`), which sends the count through a pipe. If `os.waitpid` says that SIGBUS killed it, FILE was truncated.",
        },
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
        ],
        last: Last {
            rust: "Ask for `metadata()?.len()` again. If it is less: one line that names FILE, no count of it, and exit status 1 in the end.",
            c: "Call `fstat` again. If `st_size` is less: one line that names FILE, no count of it, and exit status 1 in the end.",
            python: "Ask for `os.fstat(fd).st_size`, or `m.size()`, again. If it is less: one line that names FILE, no count of it, and exit status 1 in the end.",
        },
    },
];
