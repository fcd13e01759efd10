//! What can be wrong with any program.

use super::{Diagnosis, Last};
use crate::verdict::MEANS_NOT_ALLOWED;

/// A lock or a semaphore that reaches only its own process: of the exercises with two processes.
pub(super) const fn private_futex(anchor: &'static str) -> Diagnosis {
    Diagnosis {
        id: "private-futex",
        is: "a process sleeps on a lock that is private to its process: no other process can wake it",
        why: "A futex call with FUTEX_PRIVATE_FLAG looks only for sleepers of its own process. A wake by another process does not reach them, also if both have the same word mapped.",
        anchor,
        hints: [
            "The table shows who sleeps, and whose wake reaches nobody: look for `private`.",
            "A lock in shared memory must be told that several processes share it. Locks that are made for the threads of one process are not.",
        ],
        last: Last {
            rust: "`std::sync::Mutex` and `Condvar` are for the threads of one process. Use a file lock (`libc::flock`), or a mutex of libc with PTHREAD_PROCESS_SHARED, or a semaphore of libc with a pshared of 1; with `libc::SYS_futex`, leave FUTEX_PRIVATE_FLAG out.",
            c: "`pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED)` before `pthread_mutex_init`; `sem_init` with a pshared of 1; with SYS_futex, leave FUTEX_PRIVATE_FLAG out. The locks of C11 and C++ are for the threads of one process.",
            python: "The locks of `threading` are for the threads of one process. `fcntl.flock(fd, fcntl.LOCK_EX)` reaches every process.",
        },
    }
}

/// A FILE that had something in it is emptied, of the exercises whose FILE stays.
pub(super) const EMPTIES_FILE: Diagnosis = Diagnosis {
    id: "empties-file",
    is: "the program empties a FILE that holds something",
    why: "What was in FILE is lost. A process that has these bytes mapped and accesses them dies of SIGBUS.",
    anchor: "where-it-bites",
    hints: [
        "Which call makes FILE shorter? `strace -e openat,ftruncate` shows it.",
        "O_TRUNC empties a file at once when it is opened. Both commands may open FILE by the same function.",
    ],
    last: Last {
        rust: "No `truncate(true)` and no `File::create`: `OpenOptions::new().read(true).write(true)`, with `create(true).truncate(false)` where FILE may be missing.",
        c: "No O_TRUNC, no `creat`, no `fopen(path, \"w+\")`: `open(path, O_RDWR)`, with `O_CREAT` where FILE may be missing.",
        python: "No `open(path, \"w+b\")` and no `os.O_TRUNC`: `os.open(path, os.O_RDWR)`, with `os.O_CREAT` where FILE may be missing.",
    },
};

/// A program takes the blanks at a text's ends away.
pub(super) const TEXT_CHANGED: Diagnosis = Diagnosis {
    id: "text-changed",
    is: "a text is stored without blanks that it has",
    why: "A text is bytes, and a blank is one of them. Whoever reads FILE gets another text than the one that was given.",
    anchor: "exercise",
    hints: [
        "Look at FILE with `od -A d -c FILE`. Which bytes of the text are missing?",
        "A blank or a tab at the start or the end of a TEXT is a part of it.",
    ],
    last: Last {
        rust: "Store the argument's bytes as they are, without `trim`.",
        c: "Store all `strlen(text)` bytes of the argument, from its first byte on.",
        python: "`os.fsencode(text)`, without `strip()`, is what to store.",
    },
};

/// Of the exercises whose FILE holds texts.
pub(super) const NOT_UTF_8: Diagnosis = Diagnosis {
    id: "not-utf-8",
    is: "a TEXT whose bytes are not UTF-8 is refused, or printed as another one",
    why: "A file has bytes. An older program, or one in another language, may have stored a text that is no UTF-8. A program that stops at such a text never comes to the next one.",
    anchor: "exercise",
    hints: [
        "Which step makes a text of the bytes, and what does it do with a byte such as 0xe9 alone?",
        "Print the bytes as they are. No text is needed.",
    ],
    last: Last {
        rust: "`io::stdout().write_all(bytes)`: no `from_utf8`, no `from_utf8_lossy`, no `String`.",
        c: "`fwrite(bytes, 1, length, stdout)`: no `wchar_t`. A byte above 127 is negative in a `char`: use `unsigned char` in comparisons.",
        python: "`sys.stdout.buffer.write(m[8:8 + length])`: no `decode`, no `print`.",
    },
};

/// The diagnoses that all exercises share.
pub const COMMON: &[Diagnosis] = &[
    Diagnosis {
        id: "hang",
        is: "the program does not come to its end in the time that it has",
        why: "Each check limits the CPU time, and the time by the clock: `seen` names the one that was used up. A loop or a wait without an end does that, and so does far too much work.",
        anchor: "exercise",
        hints: [
            "Run it by hand with the arguments shown, and see where it stands.",
            "A loop that waits needs an end: a deadline, or a count.",
        ],
        last: Last {
            rust: "Run it under `strace`. A call without a result as the last line waits; no new lines mean a loop without calls. Compare `Instant::now()` with a deadline in each turn of the loop.",
            c: "Run it under `strace`. A call without a result as the last line waits; no new lines mean a loop without calls. Compare `clock_gettime(CLOCK_MONOTONIC, …)` with a deadline in each turn of the loop.",
            python: "Run it under `strace`. A call without a result as the last line waits; no new lines mean a loop without calls. Compare `time.monotonic()` with a deadline in each turn of the loop.",
        },
    },
    Diagnosis {
        id: "too-much-memory",
        is: "the program takes more memory than it may",
        why: "A mapping costs no memory of one's own; a copy of a file does.",
        anchor: "how-it-works",
        hints: [
            "Look for a buffer that is as large as the file or its offset.",
            "Map the part that is needed, not the whole.",
        ],
        last: Last {
            rust: "`Vec`, `to_vec` and `fs::read` copy the bytes to memory of your own. Work on the mapping itself, or copy a small piece at a time.",
            c: "`malloc` and `memcpy` of a whole range copy the bytes to memory of your own. Work on the mapping itself, or copy a small piece at a time.",
            python: "`m.read()`, `m.readline()`, `for line in iter(m.readline, b\"\")`, `bytes(m)` and a slice `m[a:b]` copy the bytes to memory of your own. `memoryview(m)[a:b]` copies nothing; or take slices of 64 KiB, one at a time.",
        },
    },
    Diagnosis {
        id: "too-much-disk",
        is: "the program fills the disk",
        why: "A length costs nothing; bytes that were stored or written do.",
        anchor: "where-it-bites",
        hints: [
            "A sparse file has holes: what was never stored takes no place.",
            "`stat FILE` shows both, the size and the blocks.",
        ],
        last: Last {
            rust: "`File::set_len` makes the length and takes no blocks. Don't write zeros, and don't call `posix_fallocate` for the whole file.",
            c: "`ftruncate` makes the length and takes no blocks. Don't write zeros, and don't call `posix_fallocate` for the whole file.",
            python: "`os.ftruncate` makes the length and takes no blocks. Don't write zeros, and don't call `os.posix_fallocate` for the whole file.",
        },
    },
    Diagnosis {
        id: "too-many-processes",
        is: "the program starts process after process",
        why: "No exercise needs more than its own process.",
        anchor: "exercise",
        hints: [
            "Look for a `fork` or a `spawn` inside a loop: `seen` has the limit.",
            "One process is enough. Where two processes share FILE, the judge starts both.",
        ],
        last: Last::every(
            "Take out the call that starts another process, or start few of them: not one for each FILE or each byte.",
        ),
    },
    Diagnosis {
        id: "died-of-a-signal",
        is: "the program died of a signal",
        why: "A crash tells its user nothing, and the next program even less.",
        anchor: "where-it-bites",
        hints: [
            "SIGBUS: the page is past the end of the file. SIGSEGV: nothing is mapped there, or not for that.",
            "Compare the offset in the file with the file's length at that moment.",
        ],
        last: Last {
            rust: "Compare with `file.metadata()?.len()` before you load, and call `file.set_len` before you store. A file that was long enough can become shorter later.",
            c: "Compare with `st_size` of `fstat` before you load, and call `ftruncate` before you store. If `mmap` fails, its result is MAP_FAILED, not NULL.",
            python: "Compare with `os.fstat(fd).st_size` before you load, and call `os.ftruncate` before you store. `mmap.mmap` compares only once, when it maps the file, and `try` does not catch a SIGBUS.",
        },
    },
    Diagnosis {
        id: "past-the-mapping",
        is: "the program accesses an address past the end of its mapping of FILE",
        why: "A mapping has the length that `mmap` was given, rounded up to whole pages. FILE may be longer. After the mapping, there is nothing, or something else.",
        anchor: "how-it-works",
        hints: [
            "`seen` names the byte of the mapping that was accessed, and the length of the mapping.",
            "Which place does your program add to the start of the mapping: a place in FILE, or a place in the mapping? The mapping's first byte is FILE's byte at the offset that `mmap` was given.",
        ],
        last: Last {
            rust: "If the mapping begins at `start` in FILE, byte `at` of FILE is `base.add(at - start)`. The mapping's length must be at least `end - start`.",
            c: "If the mapping begins at `start` in FILE, byte `at` of FILE is `base + (at - start)`. The mapping's length must be at least `end - start`.",
            python: "If the mapping begins at `start` in FILE, byte `at` of FILE is `m[at - start]`. With `ctypes`, nothing stops an index at the end of the mapping; `m[…]` raises an error.",
        },
    },
    Diagnosis {
        id: "private-mapping",
        is: "the program stores to a private mapping of FILE: these stores never reach FILE",
        why: "A private page is copied at the first store. The copy belongs to the process, and ends with it.",
        anchor: "the-code",
        hints: [
            "Which kind of mapping did you ask for? `strace -e mmap` shows it.",
            "MAP_PRIVATE copies a page when it is stored to; MAP_SHARED is the file's own page.",
        ],
        last: Last {
            rust: "memmap2's `map_mut` or `map_raw`, not `map_copy`. With `libc::mmap`: MAP_SHARED.",
            c: "MAP_SHARED as `mmap`'s fourth argument, not MAP_PRIVATE.",
            python: "`mmap.mmap(fd, length)` is shared. Take out `access=mmap.ACCESS_COPY` and `mmap.MAP_PRIVATE`.",
        },
    },
    Diagnosis {
        id: "anonymous-mapping",
        is: "the mapping has nothing to do with FILE: mmap was given MAP_ANONYMOUS",
        why: "With MAP_ANONYMOUS, mmap makes new memory full of zeros, and ignores the descriptor. Loads do not see FILE, and stores never reach FILE.",
        anchor: "the-code",
        hints: [
            "Which flags does your `mmap` get? `strace -e mmap` shows them.",
            "A mapping of a file has a descriptor and no MAP_ANONYMOUS. In `/proc/PID/maps`, it has the file's name.",
        ],
        last: Last {
            rust: "memmap2's `map_raw` of `MmapOptions`, not `map_anon`. With `libc::mmap`: MAP_SHARED alone.",
            c: "`mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, start)`, without MAP_ANONYMOUS.",
            python: "`mmap.mmap(fd, length)`, without `flags`, or with `flags=mmap.MAP_SHARED` alone. `mmap.mmap(-1, length)` is anonymous.",
        },
    },
    Diagnosis {
        id: "works-after-its-end",
        is: "the program ends before its work is done: a process that it has started goes on",
        why: "For its caller, the program's end is the end of the work, and its exit status says whether the work succeeded. What happens later may come too late, or fail without an error that anybody sees.",
        anchor: "exercise",
        hints: [
            "Which process does the work, and which one ends first? `strace -f` shows both.",
            "One process is enough here. A program that starts another process must wait for it before it ends.",
        ],
        last: Last {
            rust: "Do the work in `main` itself. After `libc::fork`, the parent calls `libc::waitpid`; a `Child` of `std::process` has `wait()`.",
            c: "Do the work in `main` itself. After `fork`, the parent calls `waitpid(child, &status, 0)` before it returns, and looks at `status`.",
            python: "Do the work in the script itself. After `os.fork()`, the parent calls `os.waitpid(child, 0)`; `multiprocessing.Process` has `join()`.",
        },
    },
    Diagnosis {
        id: "wrong-exit-status",
        is: "the exit status is not the one that the card asks for",
        why: "A script that starts your program learns only from the exit status whether it worked.",
        anchor: "exercise",
        hints: [
            "0: done. 1: a step failed. 2: called wrongly.",
            "Every call's result must be looked at; the first that fails decides.",
        ],
        last: Last {
            rust: "Return an `ExitCode` from `main`: `ExitCode::FAILURE` is 1, `ExitCode::from(2)` is 2. A panic is 101.",
            c: "Return the status from `main`, or call `exit`. A `main` that ends without `return` has status 0, whatever failed.",
            python: "`sys.exit(1)` and `sys.exit(2)`. If Python cannot flush standard output at its end, the status is 120. Flush it yourself, inside `try`; if that fails, print the line on standard error, then `os._exit(1)`: `sys.exit` would flush again, and make 120 of it.",
        },
    },
    Diagnosis {
        id: "fails-wrongly",
        is: "the program fails, though the step can succeed",
        why: "The user asked for something that is possible, and does not get it. `seen` names the call that failed.",
        anchor: "the-code",
        hints: [
            "Which call failed, although it could succeed? `seen` names it, its arguments and its error.",
            "EACCES from `mmap`: how FILE was opened does not allow this mapping. A shared mapping with PROT_WRITE needs FILE open for reading and writing, and each mapping needs it open for reading.",
        ],
        last: Last {
            rust: "To store: `OpenOptions::new().read(true).write(true)`. To load only: `File::open`, and memmap2's `map` or `map_copy`, not `map_mut`.",
            c: "To store: `open(path, O_RDWR)`, then PROT_READ | PROT_WRITE and MAP_SHARED. To load only: O_RDONLY, then PROT_READ, or MAP_PRIVATE.",
            python: "To store: `os.open(path, os.O_RDWR)`. To load only: `os.O_RDONLY`, and `mmap.mmap` with `access=mmap.ACCESS_READ`, or ACCESS_COPY.",
        },
    },
    Diagnosis {
        id: "failed-call-ignored",
        is: "a call failed, and the program went on as if it had not",
        why: "The user believes that it is done. Scripts and other programs hear nothing but the exit status.",
        anchor: "the-code",
        hints: [
            "`seen` names the call that failed. Where does your program look at its result?",
            "Look at the result of every call. The first one that fails decides: one line on standard error, and exit status 1.",
        ],
        last: Last {
            rust: "`file.set_len(size)?`: a result that is dropped by `let _ =` or `.ok()` is never seen.",
            c: "`if (ftruncate(fd, size) < 0)`, and `mmap` returns MAP_FAILED: print the line, and return 1.",
            python: "A call that fails raises `OSError`. An `except` with `pass` hides it: print the line, and `sys.exit(1)`.",
        },
    },
    Diagnosis {
        id: "right-call-refused",
        is: "a right call is refused as a wrong one",
        why: "`expected` shows the call. The user cannot call the program in another way.",
        anchor: "exercise",
        hints: [
            "Compare the call in `expected` with the usage on the card. Which of your conditions refuses it?",
            "Count the arguments: the command word, such as `peek`, is the first of them.",
        ],
        last: Last {
            rust: "`env::args_os()` begins with the program's name, then the command word: `skip(1)` leaves the command and its arguments.",
            c: "`argv[0]` is the program's name, `argv[1]` the command word: `argc` is two more than the number of arguments after the command.",
            python: "`sys.argv[0]` is the program's name, `sys.argv[1]` the command word: `len(sys.argv)` is two more than the number of arguments after the command.",
        },
    },
    Diagnosis {
        id: "command-word-as-file",
        is: "the program takes the command word for a file",
        why: "The first argument says what the program is to do. FILE comes after it.",
        anchor: "exercise",
        hints: [
            "Compare the call in `expected` with what your program opens.",
            "The command word is the first argument, and FILE is the second.",
        ],
        last: Last {
            rust: "`env::args_os().skip(1)`: the first of these is the command word, the next one is FILE.",
            c: "`argv[1]` is the command word, and `argv[2]` is FILE.",
            python: "`sys.argv[1]` is the command word, and `sys.argv[2]` is FILE.",
        },
    },
    Diagnosis {
        id: "does-not-start",
        is: "the program ends before its first step",
        why: "What starts the program, a shell, `env` or Python, cannot run it. So nothing that the card asks for is tried.",
        anchor: "exercise",
        hints: [
            "Read the program's own words above. They name the file, or the line, that cannot be run.",
            "Status 127: a command was not found. Status 126: it was found, and could not be executed. An error of syntax names the line that cannot be read.",
        ],
        last: Last {
            rust: "`cargo build` makes a program that needs no interpreter. If yours is a script, its first line must name an interpreter that this machine has.",
            c: "`cc -o PROGRAM source.c` makes a program that needs no interpreter. If yours is a script, its first line must name an interpreter that this machine has.",
            python: "The first line is `#!/usr/bin/env python3`, and ends in a line feed, without a carriage return. `python3 -m py_compile FILE` finds errors of syntax without running the script.",
        },
    },
    Diagnosis {
        id: "no-usage-line",
        is: "a wrong call does not get one line of usage on standard error",
        why: "After a wrong call, people need to read how the program is called.",
        anchor: "exercise",
        hints: [
            "Exactly one line, on standard error, and exit status 2.",
            "Numbers count: `x`, `-1`, and one outside the range are wrong calls. Check all arguments before the first file is opened.",
        ],
        last: Last {
            rust: "`text.parse::<u64>()` refuses `x`, `-1` and what is too large. Then one `eprintln!`, and `ExitCode::from(2)` from `main`.",
            c: "`strtoull` takes `-1`, and stops at `x` without an error: look at each character yourself, and at `errno` for ERANGE. Then one `fprintf(stderr, …)`, and status 2.",
            python: "`int` takes ` 1_0 ` and `-1`: ask for `text.isascii() and text.isdigit()` first. Then `print(…, file=sys.stderr)` once, and `sys.exit(2)`.",
        },
    },
    Diagnosis {
        id: "not-decimal",
        is: "a number on the command line is not read as a decimal number",
        why: "People who type 010 mean ten. 0x10 is no decimal number.",
        anchor: "exercise",
        hints: [
            "What does your program make of `010`, and of `0x10`?",
            "A leading 0 makes some functions read octal, and 0x hexadecimal. Here, `010` is ten, and `0x10` is no number.",
        ],
        last: Last {
            rust: "`text.parse::<u64>()` reads decimal numbers only. `u64::from_str_radix` needs 10 as its second argument.",
            c: "`strtoull(text, &end, 10)`: with 0 as its third argument it reads `010` as eight. `%i` of `scanf` does so, too; `%llu` does not.",
            python: "`int(text)` reads decimal numbers only. `int(text, 0)` does not.",
        },
    },
    Diagnosis {
        id: "no-error-line",
        is: "a failure does not get one line on standard error that names the step and the file",
        why: "With the step, the file and the system's words, people know what to mend. \"Something failed\" does not help them.",
        anchor: "exercise",
        hints: [
            "One line, such as `error: open \"FILE\": No such file or directory`.",
            "Standard output gets results only; complaints go to standard error. The name in the message is the one that was given.",
        ],
        last: Last {
            rust: "`eprintln!(\"error: open {path:?}: {why}\")`, where `why` is the `io::Error`. `unwrap` and `expect` print more than that, and the status is 101.",
            c: "`fprintf(stderr, \"error: open \\\"%s\\\": %s\\n\", path, strerror(errno))`, directly after the call that failed: the next call may change `errno`.",
            python: "Catch `OSError` and `ValueError` (`mmap.mmap` raises both), and print one line: `print(f'error: open \"{path}\": {why}', file=sys.stderr)`. A traceback has several lines.",
        },
    },
    Diagnosis {
        id: "too-many-error-lines",
        is: "standard error gets more than one line",
        why: "One line says what went wrong. People search for it among the others, and scripts read the first or the last.",
        anchor: "exercise",
        hints: [
            "Run the call shown in `expected`, and count: `./PROGRAM … 2>&1 >/dev/null | wc -l`.",
            "Print once, where the failure is known last. A function that prints and then returns the failure makes its caller print again.",
        ],
        last: Last {
            rust: "Return the error to `main`, and print there: one `eprintln!`. A panic prints several lines; so do `unwrap` and `expect`.",
            c: "`perror` and `fprintf(stderr, …)` print a line each: one of them is enough. A failure that a function has printed is not printed by its caller.",
            python: "An exception that nobody catches prints a traceback: catch `OSError` and `ValueError`, and print one line. `argparse` prints two lines: override its `error` method.",
        },
    },
    Diagnosis {
        id: "bytes-not-by-mapping",
        is: "FILE's bytes went through a call, not through a mapping",
        why: "The exercise is to reach them through memory; read and write are what it replaces.",
        anchor: "the-code",
        hints: [
            "`strace -e trace=read,write,pread64,pwrite64` shows the calls that read or write FILE.",
            "`open`, `fstat`, `ftruncate` and locks are fine; the bytes come by `mmap`.",
        ],
        last: Last {
            rust: "Instead of `fs::read`, `File::read` and `write_all` on FILE: memmap2's `map_raw`, then load and store through `as_ptr` and `as_mut_ptr`. To standard output you may write straight from the mapping.",
            c: "Instead of `read`, `pwrite`, `fread` and `sendfile` on FILE: `mmap`, then load and store through the pointer, or `memcpy`. To standard output you may `write` straight from the mapping.",
            python: "Instead of `os.read`, `os.pwrite` and the methods of `open()`: `m = mmap.mmap(fd, length)`; then `m[a:b]` loads, and `m[a:b] = text` stores. To standard output you may write straight from the mapping.",
        },
    },
    Diagnosis {
        id: "writes-elsewhere",
        is: "the program writes outside FILE's own directory",
        why: "The user of the program finds files that they did not ask for.",
        anchor: "exercise",
        hints: [
            "Look for temporary files, and for named semaphores: they are files in /dev/shm.",
            "What must be shared lies in FILE.",
        ],
        last: Last {
            rust: "A lock can be on FILE itself: `libc::flock`, or nix's `Flock`.",
            c: "A lock can be on FILE itself: `flock`, or `fcntl` with F_OFD_SETLKW. A semaphore of `sem_init` can lie in the mapping; `sem_open` makes a file.",
            python: "A lock can be on FILE itself: `fcntl.flock`. `tempfile` makes files; so do `multiprocessing`'s locks and `shared_memory`, in /dev/shm.",
        },
    },
    Diagnosis {
        id: MEANS_NOT_ALLOWED,
        is: "the program uses a means that the judge does not allow",
        why: "The judge keeps programs from the network, from sockets with abstract names, and from each other's signals. Processes meet in FILE and in its directory.",
        anchor: "exercise",
        hints: [
            "What is refused? The table, or a line below `read`, names it. Outside of the judge it may succeed.",
            "Processes can meet in FILE, or by locks on files, or by a FIFO or a socket that has a path in FILE's directory.",
        ],
        last: Last {
            rust: "A lock can be on FILE itself: `libc::flock`, or nix's `Flock`. A word in FILE can be a futex: `libc::SYS_futex`.",
            c: "A lock can be on FILE itself: `flock`, or `fcntl` with F_OFD_SETLKW. A semaphore of `sem_init`, or a mutex with PTHREAD_PROCESS_SHARED, can lie in the mapping.",
            python: "A lock can be on FILE itself: `fcntl.flock(fd, fcntl.LOCK_EX)`. A process can also look at FILE again and again, with `time.sleep(0.001)` in between.",
        },
    },
    Diagnosis {
        id: "waits-for-a-fifo",
        is: "given a FIFO as FILE, the program waits instead of failing",
        why: "`open` of a FIFO waits until another process opens its other end. That may never happen.",
        anchor: "exercise",
        hints: [
            "Make a FIFO with `mkfifo f`, and give `f` to your program as FILE: it waits.",
            "O_NONBLOCK makes `open` return at once. Then `fstat` says what kind of file it is.",
        ],
        last: Last {
            rust: "`OpenOptionsExt::custom_flags(libc::O_NONBLOCK)`; then refuse the file if `metadata()?.is_file()` is false.",
            c: "`open` with O_NONBLOCK; then refuse the file if `S_ISREG(st.st_mode)` is false.",
            python: "`os.open` with `os.O_NONBLOCK`; then refuse the file if `stat.S_ISREG(os.fstat(fd).st_mode)` is false.",
        },
    },
    Diagnosis {
        id: "unflushed-output",
        is: "the program has made its output, and ends without writing it: the output is not flushed",
        why: "Output functions collect bytes in the program's own memory. Only a flush writes them to standard output.",
        anchor: "exercise",
        hints: [
            "`strace -e trace=write` shows what is written, and when.",
            "Flush standard output after the last byte of the result, and look at the result of the flush. An end that skips the flush loses the bytes.",
        ],
        last: Last {
            rust: "Call `flush` on your `BufWriter` or on `io::stdout()` before the end. `std::process::exit` drops no `BufWriter`, and `libc::_exit` flushes nothing.",
            c: "Call `fflush(stdout)` before the end, and look at its result. `_exit`, `abort` and a signal end the process without flushing; `exit` and `return` from `main` flush.",
            python: "Call `sys.stdout.flush()` before the end, inside `try`. `os._exit` and a signal end the process without flushing.",
        },
    },
    Diagnosis {
        id: "file-gone",
        is: "FILE is gone, is no regular file any more, or cannot be read",
        why: "What others have open or mapped is the old file then, not the new one.",
        anchor: "where-it-bites",
        hints: [
            "Look for `remove`, `rename`, and for writing a new file over the old.",
            "Change the file in place, through its mapping. A mapping belongs to the file, not to its name.",
        ],
        last: Last {
            rust: "Take out `fs::remove_file` and `fs::rename`. Open the FILE that is there with `OpenOptions`.",
            c: "Take out `unlink`, `remove` and `rename`. Open the FILE that is there with `open`.",
            python: "Take out `os.unlink`, `os.rename` and `os.replace`. Open the FILE that is there with `os.open`.",
        },
    },
    Diagnosis {
        id: "output-failure-ignored",
        is: "standard output could not be written, and nobody was told that it was standard output",
        why: "The result is lost. Without the message, the user does not learn that it is lost, or where.",
        anchor: "exercise",
        hints: [
            "Try `./exercise … > /dev/full; echo $?`.",
            "Flush standard output before the end, and look at the result.",
        ],
        last: Last {
            rust: "`write_all`, then `flush`, and look at both results. On `Err`: one line that names `standard output`, and exit status 1. `println!` panics instead: use `writeln!(io::stdout(), …)`, which returns the result.",
            c: "`fflush(stdout)` before the end, and look at its result; with `write`, look at every result. Then: one line that names `standard output`, and exit status 1.",
            python: "`sys.stdout.buffer.write`, then `sys.stdout.buffer.flush`, inside `try`. On `OSError`: one line that names `standard output`, then `os._exit(1)`. (`sys.exit` flushes again, fails again, and the status is 120.)",
        },
    },
    Diagnosis {
        id: "prints-after-its-end",
        is: "the program ends before all is printed: a process that it has started prints later",
        why: "Who runs the program takes its end for the end of its work. A shell prints its prompt then, and another program reads what is there.",
        anchor: "exercise",
        hints: [
            "Which process prints, and which one ends first? `strace -f -e trace=write,exit_group` shows both.",
            "A process that starts another one must wait until that one has ended.",
        ],
        last: Last {
            rust: "`Child::wait` for each child, before `main` returns; after `libc::fork`, `libc::waitpid`.",
            c: "`waitpid` for each child, before `main` returns. Its status tells whether the child has failed.",
            python: "`os.waitpid` after `os.fork`; `process.join()` with `multiprocessing`.",
        },
    },
    Diagnosis {
        id: "otherwise-untraced",
        is: "the program does something else when nobody traces it",
        why: "What is judged must be what everybody gets who runs the program.",
        anchor: "exercise",
        hints: [
            "Run it by hand twice with the same FILE, once under `strace -f`, and compare.",
            "Look for what differs from run to run: times, process ids, uninitialised memory.",
        ],
        last: Last::every("Look for code that reads /proc/self/status or asks who traces it."),
    },
    Diagnosis {
        id: "cannot-be-executed",
        is: "the kernel does not execute the program",
        why: "The program never ran, so nothing can be judged.",
        anchor: "exercise",
        hints: [
            "Run the file by its path in a shell, and read what the shell says.",
            "`ls -l` shows whether everybody may execute it; `file` shows what kind of file it is.",
        ],
        last: Last {
            rust: "Give the path of the program that cargo or `rustc -o` made, not of the `.rs` file.",
            c: "Give the path of the program that `cc -o` made, not of the `.c` file, and not of an object file (`cc -c`).",
            python: "The first line is `#!/usr/bin/env python3`, or `#!` and the path of another interpreter that exists. Lines end in a line feed, without a carriage return. `chmod +x` makes the script executable.",
        },
    },
    Diagnosis {
        id: "does-not-compile",
        is: "the program does not compile",
        why: "Nothing can be judged before that.",
        anchor: "exercise",
        hints: [
            "The compiler's first message is the one to read; the rest may follow from it.",
            "Read the line that the message names, and the line before it.",
        ],
        last: Last {
            rust: "`rustc --explain E0000` explains an error by its number. `just reset N` brings the starter back and keeps your file beside it.",
            c: "Compile with `cc -Wall -Wextra`. A function that is not declared needs its header: `man 2 mmap` names it.",
            python: "`python3 -m py_compile FILE` names the line that is no Python.",
        },
    },
];
