//! What can be wrong with exercise 2.

use crate::exercises::common_diagnoses::{EMPTIES_FILE, NOT_UTF_8, TEXT_CHANGED, private_futex};
use crate::exercises::{Diagnosis, Last};

pub(super) const DIAGNOSES: &[Diagnosis] = &[
    Diagnosis {
        id: "torn-message",
        is: "`take` prints a message that nobody has posted: a part of it, text or length, was not there yet",
        why: "The mark says \"all is there\". A process that sees the mark too early reads half a message.",
        anchor: "how-it-works",
        hints: [
            "Read the table: which store had not happened when the box was already marked?",
            "The mark is the last thing that `post` stores and the first that `take` looks at; and the other way round.",
        ],
        last: Last {
            rust: "Text, then length, then `full` by `store(1, Release)`; `take` loads `full` by `Acquire`, copies length and text, and only then stores 0 by `Release`.",
            c: "Text, then length, then `full` by `atomic_store_explicit(…, 1, memory_order_release)`; `take` loads `full` with `memory_order_acquire`, copies length and text, and only then stores 0 with `memory_order_release`.",
            python: "Text, then length, then `words[0] = 1`, with `words = memoryview(m).cast(\"I\")`; `take` looks at `words[0]`, copies length and text, and only then stores 0. Python has no atomics, but this assignment stores four bytes at once, and x86-64 keeps the order of stores. (`struct.pack_into` stores zeros first.) For other processors, hold `fcntl.flock` at each look and each change.",
        },
    },
    Diagnosis {
        id: "old-message",
        is: "`take` prints the message that was there before",
        why: "The mark was set before the text was there, so that the old one counted again.",
        anchor: "how-it-works",
        hints: [
            "Read the table: what was in the box at the moment that it was marked full?",
            "`full` must be the last of `post`'s stores.",
        ],
        last: Last {
            rust: "Text, then length, then `full` by `store(1, Release)`. A store of the whole header stores `full` too early.",
            c: "Text, then length, then `full` by `atomic_store_explicit(…, 1, memory_order_release)`. A `memcpy` of the whole box stores `full` too early.",
            python: "Text, then length, then `words[0] = 1`, with `words = memoryview(m).cast(\"I\")`. A slice or a `struct.pack_into` that begins at byte 0 stores `full` too early.",
        },
    },
    Diagnosis {
        id: "lost-message",
        is: "a message is gone before it was printed: another one was stored over it, or the box was marked empty",
        why: "When `take` has marked the box empty, the next `post` may store in it. A second mark takes the next message away.",
        anchor: "how-it-works",
        hints: [
            "Read the table: who marked the box empty, and who still needed what was in it?",
            "`take` marks the box empty when it has printed the message; `post` looks at the mark before every message.",
        ],
        last: Last {
            rust: "Copy length and text to memory of your own, print, and only then store 0 in `full` by `Release`.",
            c: "Copy length and text to memory of your own, print, and only then store 0 in `full` with `memory_order_release`.",
            python: "`text = m[8:8 + length]` is a copy. Print it, and only then store `words[0] = 0`, with `words = memoryview(m).cast(\"I\")`.",
        },
    },
    Diagnosis {
        id: "posts-without-waiting",
        is: "`post` stores in a box that is full: the message in it is lost",
        why: "`full` was 1: the message was not taken yet. `post` must wait until the box is empty.",
        anchor: "how-it-works",
        hints: [
            "Read the table: what was `full` when `post` began to store?",
            "Load `full` again and again until it is 0, and store nothing before.",
        ],
        last: Last {
            rust: "Before the first store: a loop with `AtomicU32::from_ptr(base.cast()).load(Acquire)`, until it is 0.",
            c: "Before the first store: a loop with `atomic_load_explicit(…, memory_order_acquire)` of the `_Atomic uint32_t` at byte 0, until it is 0.",
            python: "Before the first store: `while words[0] != 0: time.sleep(0.001)`, with `words = memoryview(m).cast(\"I\")`.",
        },
    },
    Diagnosis {
        id: "emptied-too-early",
        is: "`take` marks the box empty while it still needs the message: `post` stores the next one over it",
        why: "\"Empty\" tells `post` that it may overwrite the text and the length.",
        anchor: "how-it-works",
        hints: [
            "Read the table: when does `take` store 0 in `full`, and which bytes does it load after that?",
            "`take` marks the box empty when it has printed the message, and loads nothing of it after that.",
        ],
        last: Last {
            rust: "Copy length and text to memory of your own, print, and only then store 0 in `full` by `Release`.",
            c: "Copy length and text to memory of your own, print, and only then store 0 in `full` with `memory_order_release`.",
            python: "`text = m[8:8 + length]` is a copy. Print it, and only then store `words[0] = 0`, with `words = memoryview(m).cast(\"I\")`.",
        },
    },
    Diagnosis {
        id: "message-erased",
        is: "a message that was posted is gone: `take` stored zeros over it and had not printed it",
        why: "A file that has just been given its size is full of zeros. Zeros that are stored later may be stored over a message.",
        anchor: "exercise",
        hints: [
            "Read the table: which step of `take` stores zeros where the message was?",
            "Two processes can find FILE with 0 bytes, and one of them can post before the other one goes on. Need any of them store zeros?",
        ],
        last: Last {
            rust: "If FILE has 0 bytes, `set_len(4096)`: all bytes are 0 then. Store no zeros (`fill(0)`, `write_bytes`). `take` stores 0 in `full` only when it has printed.",
            c: "If FILE has 0 bytes, `ftruncate(fd, 4096)`: all bytes are 0 then. No `memset`. `take` stores 0 in `full` only when it has printed.",
            python: "If FILE has 0 bytes, `os.ftruncate(fd, 4096)`: all bytes are 0 then. No `m[:] = bytes(4096)`. `take` stores 0 in `full` only when it has printed.",
        },
    },
    Diagnosis {
        id: "taken-twice",
        is: "a message that was taken is still in the box",
        why: "The next `take` prints it again, and no `post` ever gets in.",
        anchor: "how-it-works",
        hints: [
            "Which process stores 0 in `full`, and can another process store 1 after that?",
            "`full` is stored once by `post`, once by `take`.",
        ],
        last: Last {
            rust: "Look for a second store of `full`, or one of the whole header: a `struct` that is written holds `full`, too.",
            c: "Look for a second store of `full`, or one of the whole header: a `struct` that is assigned or copied holds `full`, too.",
            python: "Only `memoryview(m).cast(\"I\")[0] = 1` stores four bytes once. A slice `m[0:4] = …` or `struct.pack_into` may store them twice, and a store of the whole header stores `full`, too.",
        },
    },
    Diagnosis {
        id: "deadlock",
        is: "`post` or `take` waits for ever",
        why: "It waits for a change that has happened already, or for a wake-up that nobody sends.",
        anchor: "where-it-bites",
        hints: [
            "Look at the last rows of the table: what does each wait for?",
            "A wake-up that comes before the wait is lost, unless the waiter looks at the word once more.",
        ],
        last: Last {
            rust: "FUTEX_WAIT (`libc::SYS_futex`) compares for you: it sleeps only while `full` still holds the value that you saw. Both processes leave out FUTEX_PRIVATE_FLAG, and each store of `full` is followed by FUTEX_WAKE.",
            c: "FUTEX_WAIT (`syscall(SYS_futex, …)`) compares for you: it sleeps only while `full` still holds the value that you saw. Both processes leave out FUTEX_PRIVATE_FLAG, and each store of `full` is followed by FUTEX_WAKE.",
            python: "Python offers no futex, and `threading.Condition` does not reach another process. Look at `full` again and again, with `time.sleep(0.001)` in between: then no wake-up can be lost. Hold no lock while you sleep.",
        },
    },
    Diagnosis {
        id: "does-not-notice",
        is: "a process that waits does not notice that `full` has changed",
        why: "`full` has the right value in FILE. The process looks at a copy of it, or does not look again.",
        anchor: "how-it-works",
        hints: [
            "Does the compiled loop load `full` in each turn? A compiler may load a plain variable once, before the loop: nothing tells it that another process stores there.",
            "An atomic load is made in each turn. So is a look at the mapping itself, not at a copy that was made before the loop.",
        ],
        last: Last {
            rust: "`AtomicU32::from_ptr(base.cast()).load(Acquire)` in each turn. A reference, such as `&Mailbox` or `&u32`, promises that nobody changes the value, so the optimised program may load it once.",
            c: "`atomic_load_explicit(…, memory_order_acquire)` of the `_Atomic uint32_t` at byte 0, in each turn. With `-O2`, a plain `uint32_t` may be loaded once.",
            python: "Look at the mapping in each turn: `words[0]`, with `words = memoryview(m).cast(\"I\")`. `m[:]`, `m.read()` and `struct.unpack_from(…)` before the loop make copies, which never change.",
        },
    },
    Diagnosis {
        id: "fails-beside-another",
        is: "the program fails because the other one runs",
        why: "A box that is not ready yet is to be waited for.",
        anchor: "exercise",
        hints: [
            "Which step fails, and with which words? They are in the line on standard error.",
            "The file may be there and still have 0 bytes; it may be made while you look; a wait may be interrupted.",
        ],
        last: Last {
            rust: "Open with `create(true)` (not `create_new`), `set_len(4096)` if FILE has 0 bytes, map, then look at `full` until it is as you need it.",
            c: "Open with O_CREAT (without O_EXCL), `ftruncate` to 4096 if FILE has 0 bytes, map, then look at `full` until it is as you need it.",
            python: "Open with `os.O_CREAT` (without `os.O_EXCL`), `os.ftruncate(fd, 4096)` if FILE has 0 bytes, map, then look at `full` until it is as you need it. `mmap.mmap` of 0 bytes raises `ValueError`.",
        },
    },
    Diagnosis {
        id: "wrong-layout",
        is: "the box does not lie in FILE as the card says",
        why: "The other process reads bytes, not your struct.",
        anchor: "the-code",
        hints: [
            "`od -A d -t u4 -N 8 FILE` shows `full` and `length`, `od -c -j 8 FILE` the text.",
            "`full` is a u32 at byte 0, `length` a u32 at byte 4, the text begins at byte 8; the length counts the text's bytes, without a newline or NUL.",
        ],
        last: Last {
            rust: "`#[repr(C)]`, or pointers at `base`, `base + 4` and `base + 8`; never `usize` in a shared layout.",
            c: "`uint32_t` for both numbers, or pointers at `base`, `base + 4` and `base + 8`; never `long` or `size_t` in a shared layout.",
            python: "With `words = memoryview(m).cast(\"I\")`: `words[0]` is `full`, `words[1]` is `length`, and the text begins at `m[8]`. The format `L` has 8 bytes, and `>I` the other byte order.",
        },
    },
    Diagnosis {
        id: "not-marked-full",
        is: "`post` does not mark the box full",
        why: "Nobody learns of the message.",
        anchor: "exercise",
        hints: [
            "`od -A d -t u4 -N 4 FILE` shows the mark.",
            "Is the mapping MAP_SHARED? A private one changes its own copy only.",
        ],
        last: Last {
            rust: "`AtomicU32::from_ptr(…).store(1, Release)` at byte 0, last of all.",
            c: "`atomic_store_explicit` of 1 to the `_Atomic uint32_t` at byte 0, last of all.",
            python: "`memoryview(m).cast(\"I\")[0] = 1`, last of all.",
        },
    },
    Diagnosis {
        id: "not-marked-empty",
        is: "`take` does not mark the box empty",
        why: "The same message is taken again, and no other can be posted.",
        anchor: "exercise",
        hints: [
            "`od -A d -t u4 -N 4 FILE` shows the mark.",
            "Is the mapping MAP_SHARED and writable?",
        ],
        last: Last {
            rust: "After printing: `AtomicU32::from_ptr(…).store(0, Release)` at byte 0.",
            c: "After printing: `atomic_store_explicit` of 0 to the `_Atomic uint32_t` at byte 0.",
            python: "After printing: `memoryview(m).cast(\"I\")[0] = 0`.",
        },
    },
    Diagnosis {
        id: "wrong-output",
        is: "`take` prints something else than the message and a newline",
        why: "What was posted is what must arrive.",
        anchor: "exercise",
        hints: [
            "`… take FILE | od -c` shows every byte.",
            "`length` bytes from byte 8 on, whatever they are, then one newline.",
        ],
        last: Last {
            rust: "Write bytes (`write_all`), not a `String`; a text may hold anything but NUL.",
            c: "`fwrite(text, 1, length, stdout)`, then `putchar('\\n')`. `printf(\"%s\", …)` looks for a NUL that is not there.",
            python: "`sys.stdout.buffer.write(m[8:8 + length] + b\"\\n\")`. `print` writes text, and shows bytes as `b'…'`.",
        },
    },
    Diagnosis {
        id: "loads-too-early",
        is: "`take` loads a part of the message before it has seen that the box is full",
        why: "Between this load and the look at `full`, `post` can store a message. Then `take` sees the mark, and uses what it has loaded before: a part of an older message.",
        anchor: "how-it-works",
        hints: [
            "In which order does `take` load `full`, `length` and the text? The lines below `seen` show where `post` came in.",
            "Nothing that was loaded before the mark was seen counts. Load `length` and the text after it.",
        ],
        last: Last {
            rust: "First a loop with `load(Acquire)` of `full`, until it is 1. Only then load `length`, and copy the text.",
            c: "First a loop with `atomic_load_explicit(&box->full, memory_order_acquire)`, until it is 1. Only then load `length`, and copy the text.",
            python: "First `while words[0] != 1: time.sleep(0.001)`, with `words = memoryview(m).cast(\"I\")`. Only then `length = words[1]`, and `m[8:8 + length]`.",
        },
    },
    Diagnosis {
        id: "past-the-length",
        is: "`take` prints more than the message: bytes after `length` bytes of text",
        why: "What comes after the text in FILE is left of an older, longer message. Nobody has posted it now.",
        anchor: "exercise",
        hints: [
            "Where does your program stop printing, and what tells it to stop there?",
            "No NUL ends the text. `length` says how many bytes of it count.",
        ],
        last: Last {
            rust: "Copy `length` bytes from byte 8 on, and print these. `CStr` and `trim_end_matches('\\0')` look for a NUL.",
            c: "`fwrite(text, 1, length, stdout)`. `printf(\"%s\", …)`, `puts` and `strcpy` look for a NUL.",
            python: "`m[8:8 + length]`. `split(b\"\\0\")` and `rstrip(b\"\\0\")` look for a NUL.",
        },
    },
    Diagnosis {
        id: "marked-before-printed",
        is: "`take` marks the box empty before it has printed the message",
        why: "Between the two steps, the message is in the memory of `take` only. If `take` is killed then, or cannot print, the message is lost.",
        anchor: "exercise",
        hints: [
            "Which comes first in your program: the store of 0 in `full`, or the write of the last byte?",
            "What counts is when the bytes are written. Many output functions collect bytes first: flush them before the mark.",
        ],
        last: Last {
            rust: "`write_all`, `flush`, look at both results, then `store(0, Release)`.",
            c: "`fwrite`, `fflush(stdout)`, look at both results, then store 0 with `memory_order_release`.",
            python: "`sys.stdout.buffer.write(text + b\"\\n\")`, `sys.stdout.buffer.flush()`, then `words[0] = 0`, with `words = memoryview(m).cast(\"I\")`.",
        },
    },
    private_futex("exercise"),
    EMPTIES_FILE,
    TEXT_CHANGED,
    NOT_UTF_8,
    Diagnosis {
        id: "long-text-accepted",
        is: "a text that does not fit is posted, or changes FILE",
        why: "What does not fit is cut off, or stored past the end of the mapping. After a failure, FILE must be what it was.",
        anchor: "exercise",
        hints: [
            "How many bytes are there between byte 8 and the end?",
            "4088. Compare before you store the first byte.",
        ],
        last: Last {
            rust: "`text.len() > 4088`, of the bytes of `args_os`. Then: one line that names FILE, exit status 1, and FILE as it was.",
            c: "`strlen(text) > 4088`. Then: one line that names FILE, exit status 1, and FILE as it was.",
            python: "`len(os.fsencode(sys.argv[3])) > 4088`; `len` of a `str` counts characters. Then: one line that names FILE, exit status 1, and FILE as it was.",
        },
    },
    Diagnosis {
        id: "length-trusted",
        is: "`take` trusts the length that it finds",
        why: "Another process may store any number there.",
        anchor: "where-it-bites",
        hints: [
            "What does your program do with a length of 4294967295?",
            "Copy it, check it, use the copy: the box may change between two looks.",
        ],
        last: Last {
            rust: "`let length = …load(Acquire); if length > 4088 { fail }`, before the text is touched; then use `length`, and load no second time.",
            c: "`uint32_t length = atomic_load(…); if (length > 4088)` fail, before the text is touched. Without an atomic load, the compiler may load twice.",
            python: "`length = words[1]`, then `if length > 4088:` fail, before the text is touched. A slice past the end of `m` is cut without an error.",
        },
    },
    Diagnosis {
        id: "length-loaded-twice",
        is: "`take` checks one load of `length`, and uses another one that it has not checked",
        why: "Another process may store another length between the two loads.",
        anchor: "how-it-works",
        hints: [
            "How often does your program load `length` from the mapping? Look at each place where it stands.",
            "Load it once, into a variable of your own. Check this variable, and use only this variable.",
        ],
        last: Last {
            rust: "`let length = AtomicU32::from_ptr(…).load(Acquire);` once. Then check and use `length`, and leave the mapping's number alone.",
            c: "`uint32_t length = atomic_load(…);` once. Then check and use `length`. A plain load may be repeated by the compiler; an atomic or volatile one is not.",
            python: "`length = words[1]` once. Then check and use `length`: each `words[1]` loads again.",
        },
    },
    Diagnosis {
        id: "stored-in-steps",
        is: "a number of the box is stored in several steps, and another process goes on between two of them",
        why: "To other processes, each step is a store of its own. The first one already tells them to go on, and a later one is stored over what they have stored since.",
        anchor: "how-it-works",
        hints: [
            "Read the table: how many steps store the same number, and what does the other process store between them?",
            "All four bytes of `full` must change by one store. A copy of bytes may have several steps, or store the same bytes twice.",
        ],
        last: Last {
            rust: "`AtomicU32::from_ptr(base.cast()).store(1, Release)` is one store. `copy_from_slice` and a loop over `to_ne_bytes` may be several.",
            c: "`atomic_store_explicit(…, 1, memory_order_release)` on an aligned `_Atomic uint32_t` is one store. `memcpy`, `memset` and a loop over bytes may be several.",
            python: "`words = memoryview(m).cast(\"I\")`, then `words[0] = 1` is one store. `struct.pack_into` stores zeros first, then the number; a slice `m[0:4] = …` may be stored twice.",
        },
    },
    Diagnosis {
        id: "full-trusted",
        is: "`take` takes a `full` that is neither 0 nor 1 for a mark, or waits",
        why: "A value that nobody may store says that this is no mailbox, or a broken one.",
        anchor: "where-it-bites",
        hints: [
            "What does your program do when `full` is 2?",
            "0: wait. 1: take. Anything else: fail at once.",
        ],
        last: Last {
            rust: "`match full { 0 => …, 1 => …, other => … }`.",
            c: "`switch (full) { case 0: …; case 1: …; default: … }`.",
            python: "`if full == 0: … elif full == 1: … else: …`. `if full:` takes 2 for 1.",
        },
    },
    Diagnosis {
        id: "odd-size-accepted",
        is: "a FILE of another size is taken for a mailbox",
        why: "It belongs to something else, and is damaged; or a store past its end is a SIGBUS.",
        anchor: "exercise",
        hints: [
            "Look at FILE's size before you map.",
            "0: size it. 4096: use it. Anything else: leave it as it is and fail.",
        ],
        last: Last {
            rust: "`match file.metadata()?.len()`. For any other size: one line that names FILE, and exit status 1.",
            c: "Look at the `st_size` of `fstat`. For any other size: one line that names FILE, and exit status 1.",
            python: "Look at `os.fstat(fd).st_size`. For any other size: one line that names FILE, and exit status 1.",
        },
    },
    Diagnosis {
        id: "wrong-size",
        is: "FILE has not 4096 bytes afterwards",
        why: "The other process refuses any other size.",
        anchor: "exercise",
        hints: [
            "A mapping does not make a file longer.",
            "If FILE has 0 bytes, your program must give it 4096, and it must never make FILE shorter: the other process may be at work.",
        ],
        last: Last {
            rust: "0 bytes: `set_len(4096)`. Open without `truncate(true)`.",
            c: "0 bytes: `ftruncate(fd, 4096)`. Open without O_TRUNC.",
            python: "0 bytes: `os.ftruncate(fd, 4096)`. Open with `os.open`, without `os.O_TRUNC`; `open(path, \"w+b\")` empties FILE.",
        },
    },
    Diagnosis {
        id: "message-thrown-away",
        is: "a message that could not be printed is gone",
        why: "Printed, then marked empty: in this order it is still there for the next `take`.",
        anchor: "exercise",
        hints: [
            "Try `… take FILE > /dev/full`, then look at the box.",
            "Mark the box empty only when the last byte has been written without an error.",
        ],
        last: Last {
            rust: "`write_all`, `flush`, look at both results, then store 0.",
            c: "`fwrite`, `fflush(stdout)`, look at both results, then store 0.",
            python: "`sys.stdout.buffer.write`, `sys.stdout.buffer.flush`, then store 0: if one of them raises, the message is still in the box.",
        },
    },
    Diagnosis {
        id: "waits-for-ever",
        is: "a process that waits does not give up after five seconds",
        why: "If the other process never comes, your program must say so.",
        anchor: "exercise",
        hints: [
            "Take the time before you begin to wait, and compare in every turn.",
            "Ask a clock that only goes forward. Some calls that wait take a timeout.",
        ],
        last: Last {
            rust: "`let end = Instant::now() + Duration::from_secs(5)`; a futex takes a timeout. Then: one line that names FILE, and exit status 1.",
            c: "`clock_gettime(CLOCK_MONOTONIC, …)`; a futex takes a timeout. Then: one line that names FILE, and exit status 1.",
            python: "`end = time.monotonic() + 5`. Then: one line that names FILE, and exit status 1.",
        },
    },
    Diagnosis {
        id: "gives-up-early",
        is: "a process that waits gives up before five seconds have passed",
        why: "The other process may just be slow.",
        anchor: "exercise",
        hints: ["How long does it wait, by `time`?", "Counting turns of a loop is no clock."],
        last: Last {
            rust: "`let end = Instant::now() + Duration::from_secs(5)`, and wait until then.",
            c: "`clock_gettime(CLOCK_MONOTONIC, …)`, add 5 to `tv_sec`, and wait until then.",
            python: "`end = time.monotonic() + 5`, and wait until then.",
        },
    },
];
