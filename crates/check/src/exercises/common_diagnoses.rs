//! What can be wrong with any program.

use super::Diagnosis;

/// The diagnoses that all exercises share.
pub const COMMON: &[Diagnosis] = &[
    Diagnosis {
        id: "hang",
        is: "the program does not come to an end",
        why: "Whoever started it waits for ever; a test that hangs tells nothing.",
        anchor: "exercise",
        hints: [
            "Run it by hand with the arguments shown, and see where it stands.",
            "A loop that waits needs an end: a deadline, or a count.",
            "`gdb -p PID` or `cat /proc/PID/stack /proc/PID/syscall` say where a process stands.",
        ],
    },
    Diagnosis {
        id: "too-much-memory",
        is: "the program takes more memory than it may",
        why: "A mapping costs no memory of one's own; a copy of a file does.",
        anchor: "how-it-works",
        hints: [
            "Look for a buffer that is as large as the file or its offset.",
            "Map the part that is needed, not the whole.",
            "Private, writable pages count; pages of a shared mapping are the file's.",
        ],
    },
    Diagnosis {
        id: "too-much-disk",
        is: "the program fills the disk",
        why: "A length costs nothing; bytes that were stored or written do.",
        anchor: "where-it-bites",
        hints: [
            "A sparse file has holes: what was never stored takes no place.",
            "`stat FILE` shows both, the size and the blocks.",
            "`ftruncate` makes the length; zeros need not be written.",
        ],
    },
    Diagnosis {
        id: "too-many-processes",
        is: "the program starts process after process",
        why: "No exercise needs more than its own process.",
        anchor: "exercise",
        hints: [
            "Look for a `fork` or a `spawn` inside a loop.",
            "One process, started once, is enough.",
            "The judge starts the second process itself.",
        ],
    },
    Diagnosis {
        id: "died-of-a-signal",
        is: "the program died of a signal",
        why: "A crash tells its user nothing, and the next program even less.",
        anchor: "where-it-bites",
        hints: [
            "SIGBUS: the page is past the end of the file. SIGSEGV: nothing is mapped there, or not for that.",
            "Compare the offset in the file with its length at that moment: who made it so, and when?",
            "Ask the file for its length (`fstat`) and compare before you touch; make it long enough (`ftruncate`) before you store.",
        ],
    },
    Diagnosis {
        id: "wrong-exit-status",
        is: "the exit status is not the one of the contract",
        why: "Scripts and other programs hear nothing but the exit status.",
        anchor: "exercise",
        hints: [
            "0: done. 1: a step failed. 2: called wrongly.",
            "Every call's result must be looked at; the first that fails decides.",
            "In Rust, return an `ExitCode` from `main`; a panic is 101, and no answer.",
        ],
    },
    Diagnosis {
        id: "no-usage-line",
        is: "a wrong call does not get one line of usage on standard error",
        why: "Who called it wrongly must learn how it is called.",
        anchor: "exercise",
        hints: [
            "Exactly one line, on standard error, and exit status 2.",
            "Numbers count: `x`, `-1`, and one outside the range are wrong calls.",
            "Check all arguments before the first file is opened.",
        ],
    },
    Diagnosis {
        id: "no-error-line",
        is: "a failure is told otherwise than in one line on standard error that names the step and the file",
        why: "\"Something failed\" sends people searching; the step, the file and the system's words do not.",
        anchor: "exercise",
        hints: [
            "One line, such as `error: open \"FILE\": No such file or directory`.",
            "Standard output gets results only; complaints go to standard error.",
            "The name in the message is the one that was given.",
        ],
    },
    Diagnosis {
        id: "bytes-not-by-mapping",
        is: "FILE's bytes went through a call, not through a mapping",
        why: "The exercise is to reach them through memory; read and write are what it replaces.",
        anchor: "the-code",
        hints: [
            "Look for `read`, `write`, `fs::read`, `File::read_to_end`, `set_contents` on FILE.",
            "`open`, `fstat`, `ftruncate` and locks are fine; the bytes come by `mmap`.",
            "To standard output you may `write` straight from the mapping.",
        ],
    },
    Diagnosis {
        id: "writes-elsewhere",
        is: "the program writes outside FILE's own directory",
        why: "Whoever runs it finds files that they did not ask for.",
        anchor: "exercise",
        hints: [
            "Look for temporary files, and for named semaphores: they are files in /dev/shm.",
            "What must be shared lies in FILE.",
            "A lock can be on FILE itself.",
        ],
    },
    Diagnosis {
        id: "file-gone",
        is: "FILE is gone, or no regular file any more",
        why: "What others have open or mapped is the old file then, not the new one.",
        anchor: "where-it-bites",
        hints: [
            "Look for `remove`, `rename`, and for writing a new file over the old.",
            "Change the file in place, through its mapping.",
            "A mapping belongs to the file, not to its name.",
        ],
    },
    Diagnosis {
        id: "output-failure-ignored",
        is: "standard output could not be written, and nobody was told that it was standard output",
        why: "The result is lost; who is not told, or not where, looks for it in vain.",
        anchor: "exercise",
        hints: [
            "Try `./exercise … > /dev/full; echo $?`.",
            "Flush standard output before the end, and look at the result.",
            "One line that names `standard output`, and exit status 1.",
        ],
    },
    Diagnosis {
        id: "cannot-be-executed",
        is: "the kernel does not execute the program",
        why: "The program never ran, so nothing can be judged.",
        anchor: "exercise",
        hints: [
            "Run the file by its path in a shell, and read what the shell says.",
            "`ls -l` shows whether everybody may execute it; `file` shows what kind of file it is.",
            "A script begins with `#!` and the path of an interpreter that exists, and its lines end in a line feed, without a carriage return.",
        ],
    },
    Diagnosis {
        id: "does-not-compile",
        is: "the program does not compile",
        why: "Nothing can be judged before that.",
        anchor: "exercise",
        hints: [
            "The compiler's first message is the one to read; the rest may follow from it.",
            "`rustc --explain E0000` explains an error by its number.",
            "`just reset N` brings the starter back and keeps your file beside it.",
        ],
    },
];
