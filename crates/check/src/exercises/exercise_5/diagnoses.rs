//! What can be wrong with exercise 5.

use crate::exercises::Diagnosis;

pub(super) const DIAGNOSES: &[Diagnosis] = &[
    Diagnosis {
        id: "lost-addition",
        is: "an addition is lost when two processes add at once",
        why: "A load, an addition and a store are three steps; what another stores between them is gone.",
        anchor: "a-question",
        hints: [
            "Read the table from top to bottom: whose value is overwritten by one that was computed before?",
            "Nothing may come between the load and the store: one atomic instruction, or a lock that both hold from before the load until after the store.",
            "`AtomicU64::from_ptr(…).fetch_add(1, …)`, in C `__atomic_fetch_add`. If you have a lock: looking whether it is free and taking it must be one step, too (`compare_exchange`, `flock`, `F_OFD_SETLKW`).",
        ],
    },
    Diagnosis {
        id: "initialization-race",
        is: "both processes initialise FILE, and an addition is lost",
        why: "This is an initialization race. Each process believes that it is the first. The initialization that comes last wipes out what the other process has stored.",
        anchor: "where-it-bites",
        hints: [
            "Both saw an empty file. Which of your stores or calls does harm the second time?",
            "A file that grows is zero by itself: nothing needs to be stored. `O_TRUNC` and `memset` destroy.",
            "Open with `O_CREAT` alone, `ftruncate` to 4096 (twice does no harm), and make a lock that needs a beginning under a file lock, its ready mark last.",
        ],
    },
    Diagnosis {
        id: "lost-money",
        is: "money is lost or made when two transfers run at once",
        why: "Each account's load and store belong together, and so do the two accounts of a transfer.",
        anchor: "how-it-works",
        hints: [
            "Read the table: which balance was loaded before the other process stored it?",
            "Check, withdrawal and deposit are one critical section.",
            "Take one lock before the first balance is loaded and give it back after the second is stored.",
        ],
    },
    Diagnosis {
        id: "overdrawn",
        is: "two transfers spend the same money: the check and the act are apart",
        why: "Both saw enough, and both were right at that moment; then both took it.",
        anchor: "how-it-works",
        hints: [
            "The balance was looked at, and stored later: what may happen between?",
            "An atomic subtraction does not help if the check was made before it.",
            "Check inside the lock; or a `compare_exchange` loop that checks the value that it replaces.",
        ],
    },
    Diagnosis {
        id: "refused-wrongly",
        is: "both of two transfers fail, though there was enough for one",
        why: "In whatever order they ran, the first would have succeeded.",
        anchor: "how-it-works",
        hints: [
            "Does one reserve what the other then misses?",
            "A transfer that fails must not have been visible to anybody.",
            "One lock around the check and both stores.",
        ],
    },
    Diagnosis {
        id: "deadlock",
        is: "two processes wait for each other: a deadlock",
        why: "Each process waits for something that only the other can do, or for a wake-up that went elsewhere.",
        anchor: "where-it-bites",
        hints: [
            "Look at the last rows of the table: what does each wait for, and who would give it?",
            "Two locks taken in different orders; a mutex or semaphore that is private to one process (waiters of others are never woken); a lock that was never given back on some path.",
            "`PTHREAD_PROCESS_SHARED` (`sem_init` with pshared 1), locks always in the same order, and given back on every path, failures too.",
        ],
    },
    Diagnosis {
        id: "fails-beside-another",
        is: "the program fails because another one runs",
        why: "Being second is no failure: it must wait.",
        anchor: "how-it-works",
        hints: [
            "Which call fails, and with which error? It is in the line on standard error.",
            "EAGAIN, EACCES and EWOULDBLOCK say that a lock is held; EEXIST that the other was faster; EINTR that a signal came.",
            "Use the call that waits (`F_SETLKW`, `flock` without `LOCK_NB`), and take a file that exists by now as good.",
        ],
    },
    Diagnosis {
        id: "orphaned-lock",
        is: "a lock stays held after its owner was killed: an orphaned lock",
        why: "A semaphore, a plain mutex or a word in memory has no owner that the kernel knows. When the owner is killed, the lock stays held, and every other process waits for ever.",
        anchor: "where-it-bites",
        hints: [
            "The table says before which step it was killed. What did it hold there?",
            "The kernel gives back file locks (`flock`, `fcntl`) when their holder dies, and marks robust mutexes; nothing else.",
            "A file lock around everything is enough. With a robust mutex: handle `EOWNERDEAD` by `pthread_mutex_consistent`; and being killed while it is *made* must leave \"not made yet\".",
        ],
    },
    Diagnosis {
        id: "fails-after-a-kill",
        is: "after another process was killed, the program fails",
        why: "The others must finish; the half-done transfer of the dead is allowed to stay.",
        anchor: "where-it-bites",
        hints: [
            "Which call fails, and with which error?",
            "`EOWNERDEAD` is no failure: you have the lock. `ENOTRECOVERABLE`: somebody unlocked it without repair.",
            "`if (pthread_mutex_lock(m) == EOWNERDEAD) pthread_mutex_consistent(m);`",
        ],
    },
    Diagnosis {
        id: "busy-wait",
        is: "a waiter uses the CPU instead of sleeping: a busy wait",
        why: "The process that holds the lock may need this CPU to release it.",
        anchor: "how-it-works",
        hints: [
            "How does it learn that the lock is free: does it look again and again?",
            "Sleep in the kernel until woken: futex, semaphore, mutex, or a file lock that waits.",
            "`flock(fd, LOCK_EX)` or `F_OFD_SETLKW` sleep. A loop of `sched_yield`, `F_SETLK` or tiny sleeps does not pass.",
        ],
    },
    Diagnosis {
        id: "wrong-counter",
        is: "`add` alone leaves a wrong sum",
        why: "This must hold before two of them can be right.",
        anchor: "exercise",
        hints: [
            "Compare the counter before and after by `od -A d -t u8 -N 8 FILE`.",
            "The counter is the u64 at byte 0, in native byte order; TIMES 0 adds nothing.",
            "Is the mapping MAP_SHARED? A private one changes its own copy only.",
        ],
    },
    Diagnosis {
        id: "wrong-balance",
        is: "`transfer` alone leaves wrong balances",
        why: "This must hold before two of them can be right.",
        anchor: "exercise",
        hints: [
            "`od -A d -t u8 -N 72 FILE` shows the counter and the eight accounts.",
            "Account N is the u64 at byte 8 × N: account 1 is right behind the counter.",
            "AMOUNT leaves FROM and arrives at TO; both in native byte order.",
        ],
    },
    Diagnosis {
        id: "overdraws-alone",
        is: "`transfer` moves more than there is",
        why: "An unsigned balance that goes below zero becomes a fortune.",
        anchor: "exercise",
        hints: [
            "Compare before you subtract.",
            "`checked_sub` answers `None` where there is too little.",
            "Then: one line on standard error, exit status 1, and nothing changed.",
        ],
    },
    Diagnosis {
        id: "overflow",
        is: "`transfer` lets an account pass the largest u64",
        why: "The sum wraps around, and a fortune is gone.",
        anchor: "exercise",
        hints: [
            "What happens when TO holds 18446744073709551615?",
            "`checked_add` answers `None`; check both accounts before you store the first.",
            "Then: one line on standard error, exit status 1, and nothing changed.",
        ],
    },
    Diagnosis {
        id: "failure-changes-something",
        is: "a failing `transfer` has changed the accounts",
        why: "All or nothing: half a transfer is lost money.",
        anchor: "exercise",
        hints: [
            "Is the first account stored before the second is checked?",
            "Compute both new balances first, then store both.",
            "`checked_sub` and `checked_add`, then two stores.",
        ],
    },
    Diagnosis {
        id: "bytes-not-its-own",
        is: "the program stores outside the counter, the accounts and its lock's bytes",
        why: "A layout is a contract between programs; another may keep something there.",
        anchor: "exercise",
        hints: [
            "Yours are: the counter, accounts 1 to 8, and bytes 1024 to 2047.",
            "Where does your lock begin, and how large is it?",
            "Put the lock at byte 1024; `sem_t` has 32 bytes, `pthread_mutex_t` 40.",
        ],
    },
    Diagnosis {
        id: "wrong-size",
        is: "FILE has not 4096 bytes afterwards",
        why: "The next program refuses any other size.",
        anchor: "exercise",
        hints: [
            "A mapping does not make a file longer, `ftruncate` does.",
            "Empty or missing: `ftruncate(fd, 4096)`. 4096: leave it alone.",
            "Beware of `O_TRUNC`, and of `ftruncate` on a file that another is using.",
        ],
    },
    Diagnosis {
        id: "wrong-mode",
        is: "a new FILE has not mode 0600",
        why: "Others could read the accounts, or store into them.",
        anchor: "exercise",
        hints: [
            "`stat -c %a FILE` shows it.",
            "Rust's `OpenOptions` makes files of mode 0666 less the umask.",
            "`OpenOptionsExt::mode(0o600)`, or the third argument of `open`.",
        ],
    },
    Diagnosis {
        id: "odd-size-accepted",
        is: "a FILE of another size is taken for a bank",
        why: "It belongs to something else, and is damaged; or a store past its end is a SIGBUS.",
        anchor: "exercise",
        hints: [
            "`fstat` before you map.",
            "0: make it. 4096: use it. Anything else: leave it as it is and fail.",
            "One line that names FILE, and exit status 1.",
        ],
    },
];
