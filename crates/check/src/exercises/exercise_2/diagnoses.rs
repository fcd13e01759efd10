//! What can be wrong with exercise 2.

use crate::exercises::Diagnosis;

pub(super) const DIAGNOSES: &[Diagnosis] = &[
    Diagnosis {
        id: "torn-message",
        is: "`take` prints a message that nobody has posted: a part of it was not stored yet",
        why: "The mark says \"all is there\". A process that sees the mark too early reads half a message.",
        anchor: "how-it-works",
        hints: [
            "Read the table: which store had not happened when the box was already marked?",
            "The mark is the last thing that `post` stores and the first that `take` looks at; and the other way round.",
            "Text, then length, then `full` by `store(1, Release)`; `take` loads `full` by `Acquire`, copies length and text, and only then stores 0 by `Release`.",
        ],
    },
    Diagnosis {
        id: "old-message",
        is: "`take` prints the message that was there before",
        why: "The mark was set before the text was there, so that the old one counted again.",
        anchor: "how-it-works",
        hints: [
            "Read the table: what was in the box at the moment that it was marked full?",
            "`full` must be the last of `post`'s stores.",
            "Text, then length, then `full` by `store(1, Release)`.",
        ],
    },
    Diagnosis {
        id: "lost-message",
        is: "a message is overwritten before it was printed",
        why: "Who marks the box empty gives it away: from then on the next poster may store.",
        anchor: "how-it-works",
        hints: [
            "Read the table: who marked the box empty, and who still needed what was in it?",
            "`take` marks the box empty when it has printed the message, or has a copy of it; `post` looks at the mark before every message.",
            "Copy length and text to memory of your own, print, and only then store 0 in `full` by `Release`.",
        ],
    },
    Diagnosis {
        id: "taken-twice",
        is: "a message that was taken is still in the box",
        why: "The next `take` prints it again, and no `post` ever gets in.",
        anchor: "how-it-works",
        hints: [
            "Which process stores 0 in `full`, and can another process store 1 after that?",
            "`full` is stored once by `post`, once by `take`.",
            "Look for a second store of `full`, or one of the whole header.",
        ],
    },
    Diagnosis {
        id: "deadlock",
        is: "`post` and `take` wait for each other: a deadlock",
        why: "Each process waits for a change that has happened already, or for a wake-up that nobody sends.",
        anchor: "where-it-bites",
        hints: [
            "Look at the last rows of the table: what does each wait for?",
            "A wake-up that comes before the wait is lost, unless the waiter looks at the word once more.",
            "`futex` compares for you: wait only while `full` still holds the value that you saw.",
        ],
    },
    Diagnosis {
        id: "fails-beside-another",
        is: "the program fails because the other one runs",
        why: "A box that is not ready yet is to be waited for.",
        anchor: "exercise",
        hints: [
            "Which step fails, and with which words? They are in the line on standard error.",
            "The file may be there and still have 0 bytes; it may be made while you look; a wait may be interrupted.",
            "Open with `O_CREAT` (without `O_EXCL`), size it if it has 0 bytes, map, then look at `full` until it is as you need it.",
        ],
    },
    Diagnosis {
        id: "wrong-layout",
        is: "the box does not lie in the file as the contract says",
        why: "The other side reads bytes, not your struct.",
        anchor: "the-code",
        hints: [
            "`od -A d -t u4 -N 8 FILE` shows `full` and `length`, `od -c -j 8 FILE` the text.",
            "`full` is a u32 at byte 0, `length` a u32 at byte 4, the text begins at byte 8; the length counts the text's bytes, without a newline or NUL.",
            "`#[repr(C)]`, or pointers at `base`, `base + 4` and `base + 8`; never `usize` in a shared layout.",
        ],
    },
    Diagnosis {
        id: "not-marked-full",
        is: "`post` does not mark the box full",
        why: "NoopObserver learns of the message.",
        anchor: "exercise",
        hints: [
            "`od -A d -t u4 -N 4 FILE` shows the mark.",
            "Is the mapping MAP_SHARED? A private one changes its own copy only.",
            "Store 1 as a u32 at byte 0, last of all.",
        ],
    },
    Diagnosis {
        id: "not-marked-empty",
        is: "`take` does not mark the box empty",
        why: "The same message is taken again, and no other can be posted.",
        anchor: "exercise",
        hints: [
            "`od -A d -t u4 -N 4 FILE` shows the mark.",
            "Is the mapping MAP_SHARED and writable?",
            "After printing: store 0 as a u32 at byte 0.",
        ],
    },
    Diagnosis {
        id: "wrong-output",
        is: "`take` prints something else than the message and a newline",
        why: "What was posted is what must arrive.",
        anchor: "exercise",
        hints: [
            "`… take FILE | od -c` shows every byte.",
            "`length` bytes from byte 8 on, whatever they are, then one newline.",
            "Write bytes (`write_all`), not a string; a text may hold anything but NUL.",
        ],
    },
    Diagnosis {
        id: "long-text-accepted",
        is: "a text that does not fit is posted all the same",
        why: "What does not fit is cut off, or stored past the end of the mapping.",
        anchor: "exercise",
        hints: [
            "How many bytes are there between byte 8 and the end?",
            "4088. Compare before you store the first byte.",
            "Then: one line that names FILE, exit status 1, and FILE as it was.",
        ],
    },
    Diagnosis {
        id: "length-trusted",
        is: "`take` trusts the length that it finds",
        why: "Another process stores what it likes there; a length is a wish, not a fact.",
        anchor: "where-it-bites",
        hints: [
            "What does your program do with a length of 4294967295?",
            "Copy it, check it, use the copy: the box may change between two looks.",
            "`let length = …load(); if length > 4088 { fail }`, before the text is touched.",
        ],
    },
    Diagnosis {
        id: "full-trusted",
        is: "`take` takes a `full` that is neither 0 nor 1 for a mark, or waits",
        why: "A value that nobody may store says that this is no mailbox, or a broken one.",
        anchor: "where-it-bites",
        hints: [
            "What does your program do when `full` is 2?",
            "0: wait. 1: take. Anything else: fail at once.",
            "`match full { 0 => …, 1 => …, other => … }`.",
        ],
    },
    Diagnosis {
        id: "odd-size-accepted",
        is: "a FILE of another size is taken for a mailbox",
        why: "It belongs to something else, and is damaged; or a store past its end is a SIGBUS.",
        anchor: "exercise",
        hints: [
            "`fstat` before you map.",
            "0: size it. 4096: use it. Anything else: leave it as it is and fail.",
            "One line that names FILE, and exit status 1.",
        ],
    },
    Diagnosis {
        id: "wrong-size",
        is: "FILE has not 4096 bytes afterwards",
        why: "The other side refuses any other size.",
        anchor: "exercise",
        hints: [
            "A mapping does not make a file longer, `ftruncate` does.",
            "0 bytes: `ftruncate(fd, 4096)`.",
            "Beware of opening with `O_TRUNC`: the other side may be at work.",
        ],
    },
    Diagnosis {
        id: "message-thrown-away",
        is: "a message that could not be printed is gone",
        why: "Printed, then marked empty: in this order it is still there for the next `take`.",
        anchor: "exercise",
        hints: [
            "Try `… take FILE > /dev/full`, then look at the box.",
            "Mark the box empty only when the last byte has been written without an error.",
            "Print, flush, look at the result, then store 0.",
        ],
    },
    Diagnosis {
        id: "waits-for-ever",
        is: "a process that waits does not give up after five seconds",
        why: "If the other side never comes, somebody must be told.",
        anchor: "exercise",
        hints: [
            "Take the time before you begin to wait, and compare in every turn.",
            "`Instant::now() + Duration::from_secs(5)`; a futex takes a timeout.",
            "Then: one line that names FILE, and exit status 1.",
        ],
    },
    Diagnosis {
        id: "gives-up-early",
        is: "a process that waits gives up before five seconds have passed",
        why: "The other side may just be slow.",
        anchor: "exercise",
        hints: [
            "How long does it wait, by `time`?",
            "Counting turns of a loop is no clock.",
            "`Instant::now() + Duration::from_secs(5)`.",
        ],
    },
];
