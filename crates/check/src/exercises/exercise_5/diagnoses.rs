//! What can be wrong with exercise 5.

use crate::exercises::common_diagnoses::private_futex;
use crate::exercises::{Diagnosis, Last};

pub(super) const DIAGNOSES: &[Diagnosis] = &[
    Diagnosis {
        id: "lost-addition",
        is: "an addition is lost when two processes add at once",
        why: "A load, an addition and a store are three steps; what another stores between them is gone.",
        anchor: "a-question",
        hints: [
            "Read the table from top to bottom, up to the row with `>`: whose value is overwritten by one that was computed before?",
            "Nothing may come between the load and the store: one atomic instruction, or a lock that both hold from before the load until after the store.",
        ],
        last: Last {
            rust: "`AtomicU64::from_ptr(…).fetch_add(1, …)`. If you have a lock: looking whether it is free and taking it must be one step, too (`compare_exchange`, `libc::flock`, F_OFD_SETLKW).",
            c: "C11's `atomic_fetch_add` on an `_Atomic uint64_t`, or `__atomic_fetch_add`. If you have a lock: looking whether it is free and taking it must be one step, too (`atomic_compare_exchange_strong`, `flock`, F_OFD_SETLKW).",
            python: "Python has no atomic addition: `+= 1` is a load and a store. Hold `fcntl.flock(fd, fcntl.LOCK_EX)` from before the load until after the store. `threading.Lock` does not reach another process. A lock of `fcntl.lockf` is lost as soon as you close any descriptor of FILE, or the mapping, which has one of its own.",
        },
    },
    Diagnosis {
        id: "initialization-race",
        is: "both processes initialise the same bytes: an initialization race",
        why: "Each process believes that it is the first. The initialization that comes last wipes out what the other process has stored, a lock that it holds included.",
        anchor: "semaphores",
        hints: [
            "The table shows a step that both processes make. Which of your stores or calls does harm the second time?",
            "A file that grows is zero by itself: nothing needs to be stored. To empty it, or to store zeros, destroys. A semaphore or a mutex must be initialised once: \"is it made?\" and \"make it\" must be one step.",
        ],
        last: Last {
            rust: "Open with `create(true)` and without `truncate`, `set_len(4096)` (twice does no harm), and make a lock that needs a beginning under a file lock, its ready mark last.",
            c: "Open with O_CREAT and without O_TRUNC, `ftruncate` to 4096 (twice does no harm), and make a lock that needs a beginning (`pthread_mutex_init`, `sem_init`) under a file lock, its ready mark last.",
            python: "`os.open` with `os.O_RDWR | os.O_CREAT`, then `os.ftruncate(fd, 4096)` (twice does no harm). `open(path, \"w+b\")` empties FILE. A lock of `fcntl.flock` needs no beginning.",
        },
    },
    Diagnosis {
        id: "lost-money",
        is: "money is lost or made when two transfers run at once",
        why: "Each account's load and store belong together, and so do the two accounts of a transfer.",
        anchor: "how-it-works",
        hints: [
            "Read the table: which balance was loaded before the other process stored it?",
            "Check, withdrawal and deposit are one critical section.",
        ],
        last: Last {
            rust: "Take one lock (`libc::flock`, or `fcntl` with F_OFD_SETLKW) before the first balance is loaded, and give it back after the second is stored. A `fetch_sub` and a `fetch_add` are two steps.",
            c: "Take one lock (`flock`, `fcntl` with F_OFD_SETLKW, or a robust mutex) before the first balance is loaded, and give it back after the second is stored.",
            python: "`fcntl.flock(fd, fcntl.LOCK_EX)` before the first balance is loaded, and `fcntl.flock(fd, fcntl.LOCK_UN)` after the second is stored.",
        },
    },
    Diagnosis {
        id: "overdrawn",
        is: "two transfers spend the same money: the check and the act are apart",
        why: "Both saw enough, and both were right at that moment; then both took it.",
        anchor: "how-it-works",
        hints: [
            "The balance was looked at, and stored later: what may happen between?",
            "An atomic subtraction does not help if the check was made before it.",
        ],
        last: Last {
            rust: "Check inside the lock; or a `compare_exchange` loop that checks the value that it replaces.",
            c: "Check inside the lock; or an `atomic_compare_exchange_weak` loop that checks the value that it replaces.",
            python: "Check inside the lock: `fcntl.flock(fd, fcntl.LOCK_EX)` first, then load the balance, compare, and store.",
        },
    },
    Diagnosis {
        id: "refused-wrongly",
        is: "both of two transfers fail, though there was enough for one",
        why: "In whatever order they ran, the first would have succeeded.",
        anchor: "how-it-works",
        hints: [
            "Does one transfer reserve what the other one then misses?",
            "A transfer that fails must not have been visible to anybody.",
        ],
        last: Last {
            rust: "One lock (`libc::flock`, or `fcntl` with F_OFD_SETLKW) around the check and both stores.",
            c: "One lock (`flock`, `fcntl` with F_OFD_SETLKW, or a robust mutex) around the check and both stores.",
            python: "One lock (`fcntl.flock`) around the check and both stores.",
        },
    },
    Diagnosis {
        id: "deadlock",
        is: "a process waits for ever beside another: a deadlock",
        why: "It waits for a lock that nobody gives back, or for a wake-up that nobody sends.",
        anchor: "deadlock",
        hints: [
            "Look at the last rows of the table: what does each wait for, and who would give it?",
            "Two locks may be taken in different orders. A lock may be private to one process, so that waiters of others are never woken. A lock may not be given back on some path. A loop may look at a copy of the lock's word, which never changes: a plain load may be made once, before the loop.",
        ],
        last: Last {
            rust: "One lock for all accounts has no order. A file lock (`libc::flock`, F_OFD_SETLKW) wakes the next process; give it back on every path, failures too. A mutex of libc needs PTHREAD_PROCESS_SHARED; `std::sync::Mutex` is private to one process.",
            c: "`PTHREAD_PROCESS_SHARED` (`sem_init` with pshared 1), locks always in the same order, and given back on every path, failures too.",
            python: "One lock for all accounts has no order. `fcntl.flock(fd, fcntl.LOCK_EX)`, then `try`, and `fcntl.flock(fd, fcntl.LOCK_UN)` in `finally`. `threading.Lock` does not reach another process.",
        },
    },
    private_futex("how-it-works"),
    Diagnosis {
        id: "lock-kept",
        is: "a process ends, and the next one waits for ever for its lock",
        why: "The first process had ended before the second process began. So the lock was not given back.",
        anchor: "how-it-works",
        hints: [
            "What does the lock's word in FILE hold after one `add`? `od -A d -t u4 -j 1024 -N 64 FILE` shows it.",
            "Every path out of the critical section must give the lock back: also the one that ends with an error.",
        ],
        last: Last {
            rust: "A file lock (`libc::flock`, F_OFD_SETLKW) is given back at the latest when its process ends. A word or a semaphore in FILE keeps its value: store \"free\" after the last store of each addition and transfer.",
            c: "A file lock (`flock`, F_OFD_SETLKW) is given back at the latest when its process ends. A semaphore or a mutex in FILE needs `sem_post` or `pthread_mutex_unlock` on every path.",
            python: "A lock of `fcntl.flock` is given back at the latest when its process ends. A byte in FILE keeps its value: store \"free\" in `finally`.",
        },
    },
    Diagnosis {
        id: "lock-taken-twice",
        is: "a process waits for a lock that it holds itself",
        why: "Only the process that holds a lock gives the lock back. This one waits for itself, for ever.",
        anchor: "deadlock",
        hints: [
            "The table marks two steps: where the process takes the lock, and where it asks for the same lock again. Which lines of your program are these?",
            "A function that takes the lock may call another function that takes it, too. Or a path leaves the critical section without giving the lock back.",
        ],
        last: Last {
            rust: "Take the lock in one function only, and let the functions that it calls expect the lock to be held. `libc::flock` on a second descriptor of FILE waits for the first one, in one process, too.",
            c: "Take the lock in one function only, and let the functions that it calls expect the lock to be held. A mutex of the type PTHREAD_MUTEX_ERRORCHECK answers EDEADLK. `flock` on a second descriptor of FILE waits for the first one, in one process, too.",
            python: "Take the lock in one function only, and let the functions that it calls expect the lock to be held. `fcntl.flock` on a second `os.open` of FILE waits for the first one, in one process, too.",
        },
    },
    Diagnosis {
        id: "lock-never-made",
        is: "a process that is alone waits for a lock that no process has made",
        why: "FILE had its 4096 bytes already, and the bytes of the lock were zero. Zero bytes mean: no lock made yet (see the card).",
        anchor: "semaphores",
        hints: [
            "When does your program initialise its lock, if FILE exists and the bytes of the lock are zero?",
            "The size of FILE does not tell whether the lock is made. A mark beside the lock, in the bytes 1024 to 2047, does.",
        ],
        last: Last {
            rust: "Under a file lock (`libc::flock`): if the mark is 0, make the semaphore of libc, with a `pshared` of 1, then store the mark. Or use no lock that must be made: `flock` alone is enough.",
            c: "Under `flock`: if the mark is 0, call `sem_init(s, 1, 1)`, then store the mark. Or use no lock that must be made: `flock` alone is enough.",
            python: "Python has no semaphore in FILE. `fcntl.flock` needs no making.",
        },
    },
    Diagnosis {
        id: "half-made-file",
        is: "a process fails because another one is just making FILE: an initialization race",
        why: "Between the call that makes FILE and the call that gives it its size, FILE is there and has 0 bytes. Another process can come at just that time.",
        anchor: "exercise",
        hints: [
            "What does your program do with a FILE of 0 bytes that it has not made itself?",
            "Whichever process comes first gives an empty FILE its 4096 bytes. To set this size twice does no harm.",
        ],
        last: Last {
            rust: "Open with `create(true)`, then `set_len(4096)` if FILE has 0 bytes, whoever made it; no `create_new(true)` is needed.",
            c: "Open with O_CREAT, then `ftruncate(fd, 4096)` if FILE has 0 bytes, whoever made it; no O_EXCL is needed.",
            python: "`os.open` with `os.O_RDWR | os.O_CREAT`, then `os.ftruncate(fd, 4096)` if FILE has 0 bytes, whoever made it; no `os.O_EXCL` is needed.",
        },
    },
    Diagnosis {
        id: "fails-beside-another",
        is: "the program fails because another one runs",
        why: "Being second is no failure: it must wait.",
        anchor: "how-it-works",
        hints: [
            "Which call fails, and with which error? It is in the line on standard error.",
            "EAGAIN, EACCES and EWOULDBLOCK say that a lock is held; EEXIST that the other was faster; EINTR that a signal came.",
        ],
        last: Last {
            rust: "Use the call that waits (`libc::flock` without LOCK_NB, F_OFD_SETLKW), call again after EINTR, and open with `create(true)`, not `create_new(true)`.",
            c: "Use the call that waits (`flock` without LOCK_NB, F_SETLKW), call again after EINTR, and open with O_CREAT, without O_EXCL.",
            python: "`fcntl.flock(fd, fcntl.LOCK_EX)` waits, if it is without `fcntl.LOCK_NB`. Open with `os.O_CREAT`, without `os.O_EXCL`.",
        },
    },
    Diagnosis {
        id: "orphaned-lock",
        is: "a lock stays held after its owner was killed: an orphaned lock",
        why: "A semaphore, a plain mutex, a word in memory or a file that exists has no owner that the kernel knows. When the owner is killed, the lock stays held, and every other process waits for ever.",
        anchor: "who-unlocks-after-a-death",
        hints: [
            "The table says before which step it was killed. What did it hold there?",
            "The kernel gives back file locks (`flock`, `fcntl`) when their holder dies, and marks robust mutexes; nothing else.",
        ],
        last: Last {
            rust: "A file lock (`libc::flock`, F_OFD_SETLKW) around everything is enough. With libc's robust mutex: handle `EOWNERDEAD` by `pthread_mutex_consistent`; and being killed while it is *made* must leave \"not made yet\".",
            c: "A file lock (`flock`, F_OFD_SETLKW) around everything is enough. With a robust mutex: handle `EOWNERDEAD` by `pthread_mutex_consistent`, and do not initialise it again, which forgets the processes that wait for it. Being killed while it is *made* must leave \"not made yet\".",
            python: "A file lock around everything is enough: `fcntl.flock`, or `fcntl.lockf`. A byte of FILE that means \"held\", a lock file made with `os.O_EXCL`, and `multiprocessing`'s locks stay held.",
        },
    },
    Diagnosis {
        id: "wakes-too-late",
        is: "a process goes on too late after a kill: it sleeps for a time of its own",
        why: "Nobody holds it up any more, but it does not look again before its time is over. After a kill, all others must finish within 5 seconds.",
        anchor: "who-unlocks-after-a-death",
        hints: [
            "In which call does it sleep when the lock is taken, and for how long?",
            "A process that waits in the lock call itself is woken as soon as the lock is free.",
        ],
        last: Last {
            rust: "`libc::flock(fd, libc::LOCK_EX)`, without `LOCK_NB`, waits and is woken by the kernel. A loop with `LOCK_NB` needs short sleeps: some milliseconds.",
            c: "`flock(fd, LOCK_EX)`, without `LOCK_NB`, waits and is woken by the kernel. A loop with `LOCK_NB` needs short sleeps: some milliseconds.",
            python: "`fcntl.flock(fd, fcntl.LOCK_EX)`, without `fcntl.LOCK_NB`, waits and is woken by the kernel. A loop with `LOCK_NB` needs short sleeps: some milliseconds.",
        },
    },
    Diagnosis {
        id: "stored-in-steps",
        is: "the counter or an account is stored in several steps, and a kill between two of them loses the number",
        why: "No lock helps here: a process that is killed does not finish what it has begun. What it left in the counter or in an account stays there.",
        anchor: "who-unlocks-after-a-death",
        hints: [
            "The table shows what one process stores in the counter or in an account before it is killed. Is that the old number, or the new one?",
            "Compute the new number in a variable of your own. Then store all of its eight bytes by one store.",
        ],
        last: Last {
            rust: "`AtomicU64::from_ptr(…).store(sum, …)`, or one `ptr::write` of a u64. A loop over `to_ne_bytes` stores bytes, and a fill with zeros before the number is a store, too.",
            c: "`*(uint64_t *)base = sum`, with a volatile or atomic type. A loop over bytes, a `memset` before the number, and `counter += 1` in a loop that first sets it to 0 are several stores.",
            python: "`memoryview(m).cast(\"Q\")[0] = total` stores eight bytes at once. `struct.pack_into` stores zeros first, then the number.",
        },
    },
    Diagnosis {
        id: "no-lock-after-a-kill",
        is: "after a process was killed, the lock keeps nobody out",
        why: "The next processes came past the lock of the process that was killed. But two processes that came later were in the critical section at once.",
        anchor: "who-unlocks-after-a-death",
        hints: [
            "Look at the last two processes in the table. What did the call return by which each of them takes the lock?",
            "`pthread_mutex_lock` returns EOWNERDEAD to the first process after the death. If this process unlocks the mutex without `pthread_mutex_consistent`, each later `pthread_mutex_lock` takes nothing and returns ENOTRECOVERABLE.",
        ],
        last: Last {
            rust: "Look at what `libc::pthread_mutex_lock` returns. 0: you have the lock. EOWNERDEAD: you have it; call `pthread_mutex_consistent` before you unlock. Anything else, such as ENOTRECOVERABLE: you do not have it.",
            c: "`int error = pthread_mutex_lock(m); if (error == EOWNERDEAD) error = pthread_mutex_consistent(m);`. Only if `error` is 0, you have the lock.",
            python: "The kernel gives back a lock of `fcntl.flock`, and the lock stays a lock. Do not go past a lock because its holder is dead: take it.",
        },
    },
    Diagnosis {
        id: "two-inside-after-a-kill",
        is: "after a process was killed, two processes at once come past its lock",
        why: "The process that held the lock is dead, and two other processes come. Only one of them may take the lock over. Here both were in the critical section at once.",
        anchor: "who-unlocks-after-a-death",
        hints: [
            "Read the table from the row `is killed` on. By which step does each of the two processes come past the lock of the dead process? Why does this step not keep the other one out?",
            "Looking whether the holder is dead and taking its lock over must be one step: of two processes that have seen the same dead holder, only one may succeed. And a process that has taken a lock over keeps it until its work is done.",
        ],
        last: Last {
            rust: "`libc::flock` and F_OFD_SETLKW leave it to the kernel who comes next. If a word in FILE names the holder: `compare_exchange(dead, own)`, and look again if it fails; a `store` can overwrite a living process. After `EOWNERDEAD`, `pthread_mutex_consistent` keeps the mutex locked: unlock it after the work. A lock file that is removed by its name may be another process's.",
            c: "`flock` and F_OFD_SETLKW leave it to the kernel who comes next. If a word in FILE names the holder: `atomic_compare_exchange_strong(word, &dead, own)`, and look again if it fails; a plain store can overwrite a living process. After `EOWNERDEAD`, `pthread_mutex_consistent` keeps the mutex locked: unlock it after the work, and do not initialise it again. A lock file that is removed by its name may be another process's.",
            python: "`fcntl.flock(fd, fcntl.LOCK_EX)` leaves it to the kernel who comes next. Python has no `compare_exchange`: two processes that read the same dead holder in FILE both store themselves there. A lock file that is removed by its name may be another process's by then: `os.unlink` removes any file of this name.",
        },
    },
    Diagnosis {
        id: "lost-after-a-kill",
        is: "after a process was killed, the work of another process is undone",
        why: "The process that was killed may leave its own work half done. What others had done before it, or do after it, must stay. In the end, FILE lacks a part of that.",
        anchor: "who-unlocks-after-a-death",
        hints: [
            "Read the table from the row `is killed` on. Does a process store an old number again, over a newer one?",
            "Does your program keep a note of old numbers, for a repair? The note is true for one transfer only. If it stays when the transfer is done, or when it has been used, the next repair undoes the work of others.",
        ],
        last: Last {
            rust: "You need no repair: a transfer that was killed may stay half done. If you keep a note of old numbers in FILE, store it under the lock before the first account, and clear its mark under the lock: after the last account, and after a repair.",
            c: "You need no repair: a transfer that was killed may stay half done. If you keep a note of old numbers in FILE, store it under the lock before the first account, and clear its mark under the lock: after the last account, and after a repair.",
            python: "You need no repair: a transfer that was killed may stay half done. If you keep a note of old numbers in FILE, store it under the lock before the first account, and clear its mark under the lock: after the last account, and after a repair.",
        },
    },
    Diagnosis {
        id: "lock-file-removed",
        is: "a lock file is removed while other processes wait for its lock",
        why: "A process that waited gets a lock on a file that has no name any more. The next process makes a new file, and locks that one. So both are in the critical section at once.",
        anchor: "file-locks",
        hints: [
            "Look at the last two processes in the table. Which file does each of them lock, and is it the same one?",
            "A lock belongs to a file, not to its name. A file that stays where it is can be locked again and again.",
        ],
        last: Last {
            rust: "`libc::flock` on FILE itself needs no other file. If you have a lock file, never remove it. Or compare the inode numbers after `flock`: if `metadata(path)` and `file.metadata()` differ, open the file again and start over.",
            c: "`flock` on FILE itself needs no other file. If you have a lock file, never `unlink` it. Or compare the inode numbers after `flock`: if those of `stat(path)` and `fstat(fd)` differ, open the file again and start over.",
            python: "`fcntl.flock` on FILE itself needs no other file. If you have a lock file, never `os.unlink` it. Or compare the inode numbers after `fcntl.flock`: if those of `os.stat(path)` and `os.fstat(fd)` differ, open the file again and start over.",
        },
    },
    Diagnosis {
        id: "stops-waiting",
        is: "a process stops waiting for the lock, and goes on without it",
        why: "However long a process waits, the other one may still be inside its critical section. A time that is over is no lock.",
        anchor: "how-it-works",
        hints: [
            "The table shows two processes inside at once. Which call or loop of your program has a limit: a number of tries, or a time?",
            "If you want to survive the death of the process that holds the lock, a timeout is no help: a process that stands still is not dead. The kernel knows the difference.",
        ],
        last: Last {
            rust: "`libc::flock(fd, libc::LOCK_EX)` waits until it has the lock, and the kernel gives the lock back if its holder dies. Of a call with a timeout, such as `pthread_mutex_timedlock`, the result ETIMEDOUT means: you do not have the lock.",
            c: "`flock(fd, LOCK_EX)` waits until it has the lock, and the kernel gives the lock back if its holder dies. ETIMEDOUT of `pthread_mutex_timedlock` or `sem_timedwait` means: you do not have the lock.",
            python: "`fcntl.flock(fd, fcntl.LOCK_EX)` waits until it has the lock, and the kernel gives the lock back if its holder dies. A loop of `fcntl.LOCK_NB` must not end before it has the lock.",
        },
    },
    Diagnosis {
        id: "record-lock-ended",
        is: "a process closes a descriptor of FILE, and so ends its record lock",
        why: "A record lock (F_SETLK, F_SETLKW, `lockf`) belongs to the process. When the process closes any descriptor of the file, the kernel ends the lock.",
        anchor: "file-locks",
        hints: [
            "The table marks the step at which the lock ends. Which line of your program closes that descriptor?",
            "Everything that opens FILE a second time and closes it ends the lock: a look at its size, a second mapping, a library.",
        ],
        last: Last {
            rust: "`libc::flock` or F_OFD_SETLKW: such a lock belongs to the open file, and a close of another descriptor does not end it. Or open FILE once, and keep that descriptor until you have given the lock back.",
            c: "`flock` or F_OFD_SETLKW: such a lock belongs to the open file, and a close of another descriptor does not end it. Or open FILE once, and keep that descriptor until you have given the lock back.",
            python: "`fcntl.flock(fd, fcntl.LOCK_EX)`: a close of another descriptor does not end it. `fcntl.lockf` is a record lock: it ends when you close another file object of FILE, or the mapping, which has a descriptor of its own.",
        },
    },
    Diagnosis {
        id: "fails-after-a-kill",
        is: "after another process was killed, the program fails",
        why: "The others must finish; the half-done transfer of the dead is allowed to stay.",
        anchor: "who-unlocks-after-a-death",
        hints: [
            "Which call fails, and with which error?",
            "A call that says that the lock's owner has died gives you the lock: that is no failure.",
        ],
        last: Last {
            rust: "After `EOWNERDEAD` from `libc::pthread_mutex_lock`, call `pthread_mutex_consistent`, and go on. `ENOTRECOVERABLE`: somebody unlocked it without that call.",
            c: "`if (pthread_mutex_lock(m) == EOWNERDEAD) pthread_mutex_consistent(m);`, and go on. `ENOTRECOVERABLE`: somebody unlocked it without that call.",
            python: "The kernel gives back a lock of `fcntl.flock`; the next process just gets it. What else can the dead process leave: a FILE of 0 bytes, a lock file, a mark in FILE? None of these may make you fail.",
        },
    },
    Diagnosis {
        id: "busy-wait",
        is: "a waiter uses the CPU instead of sleeping: a busy wait",
        why: "The process that holds the lock may need this CPU to release it.",
        anchor: "how-it-works",
        hints: [
            "How does it learn that the lock is free: does it look again and again?",
            "Sleep in the kernel until woken: futex, semaphore, mutex, or a file lock that waits.",
        ],
        last: Last {
            rust: "`libc::flock(fd, libc::LOCK_EX)` or F_OFD_SETLKW sleep. A loop of `thread::yield_now` or F_OFD_SETLK does not pass; one with sleeps passes only below 1000 calls and 50 ms of CPU time in 500 ms.",
            c: "`flock(fd, LOCK_EX)` or F_OFD_SETLKW sleep. A loop of `sched_yield` or F_SETLK does not pass; one with sleeps passes only below 1000 calls and 50 ms of CPU time in 500 ms.",
            python: "`fcntl.flock(fd, fcntl.LOCK_EX)` sleeps. A loop of `fcntl.LOCK_NB` does not pass; one with sleeps passes only below 1000 calls and 50 ms of CPU time in 500 ms.",
        },
    },
    Diagnosis {
        id: "looks-too-often",
        is: "a waiter wakes up again and again to look whether the lock is free",
        why: "Each look takes the processor away from a process that has work.",
        anchor: "how-it-works",
        hints: [
            "How many system calls does one look make? How many looks are there in 500 ms?",
            "Sleep in the kernel until woken: futex, semaphore, mutex, or a file lock that waits. Or sleep longer between two looks.",
        ],
        last: Last {
            rust: "`libc::flock(fd, libc::LOCK_EX)` or F_OFD_SETLKW sleep until the lock is free. If your lock cannot wake anybody, call `thread::sleep` for 5 ms or more between two looks.",
            c: "`flock(fd, LOCK_EX)` or F_OFD_SETLKW sleep until the lock is free. If your lock cannot wake anybody, call `nanosleep` for 5 ms or more between two looks.",
            python: "`fcntl.flock(fd, fcntl.LOCK_EX)` sleeps until the lock is free. If your lock cannot wake anybody, call `time.sleep(0.005)` between two looks.",
        },
    },
    Diagnosis {
        id: "initialises-again",
        is: "the program initialises FILE although FILE is there: what it held is lost",
        why: "FILE holds what earlier runs have left. Only a missing or empty FILE is made.",
        anchor: "exercise",
        hints: [
            "Which of your calls or stores takes away the bytes of a FILE that is there?",
            "Opening may empty a file. Zeros need not be stored at all: a file that grows has zeros by itself.",
        ],
        last: Last {
            rust: "`OpenOptions` with `create(true)` and without `truncate(true)`; `File::create` empties FILE. Call `set_len(4096)` only if FILE has 0 bytes, and store nothing for it.",
            c: "O_CREAT without O_TRUNC; `fopen` with \"w+\" empties FILE. Call `ftruncate(fd, 4096)` only if FILE has 0 bytes, and store nothing for it.",
            python: "`os.open` with `os.O_RDWR | os.O_CREAT`; `open(path, \"w+b\")` empties FILE. Call `os.ftruncate(fd, 4096)` only if FILE has 0 bytes, and store nothing for it.",
        },
    },
    Diagnosis {
        id: "wrong-counter",
        is: "`add` alone leaves a wrong sum",
        why: "A process that is alone has nobody to disturb it: the error is in the program's own steps.",
        anchor: "exercise",
        hints: [
            "Compare the counter before and after by `od -A d -t u8 -N 8 FILE`.",
            "The counter is the u64 at byte 0, in native byte order; TIMES 0 adds nothing.",
        ],
        last: Last {
            rust: "`AtomicU64::from_ptr(base.cast())` is the counter. memmap2's `map_raw` and `map_mut` are shared; `map_copy` changes its own copy only.",
            c: "`*(uint64_t *)base` is the counter; an `int` is half of it. Is the mapping MAP_SHARED? A private one changes its own copy only.",
            python: "`memoryview(m).cast(\"Q\")[0]` is the counter. `mmap.mmap(fd, 4096)` is shared; `mmap.ACCESS_COPY` changes its own copy only.",
        },
    },
    Diagnosis {
        id: "wrong-balance",
        is: "`transfer` alone leaves wrong balances",
        why: "A process that is alone has nobody to disturb it: the error is in the program's own steps.",
        anchor: "exercise",
        hints: [
            "`od -v -A d -t u8 -N 72 FILE` shows the counter and the eight accounts.",
            "Account N is the u64 at byte 8 × N: account 1 is right behind the counter. AMOUNT leaves FROM and arrives at TO.",
        ],
        last: Last {
            rust: "`base.cast::<u64>().wrapping_add(N)` points to account N; both balances are in native byte order.",
            c: "`((uint64_t *)base)[N]` is account N; both balances are in native byte order.",
            python: "`memoryview(m).cast(\"Q\")[N]` is account N; both balances are in native byte order. The formats `>Q` and `!Q` have the other one.",
        },
    },
    Diagnosis {
        id: "overdraws-alone",
        is: "`transfer` moves more than there is",
        why: "An unsigned balance that goes below zero becomes a fortune.",
        anchor: "exercise",
        hints: [
            "Which comes first, the comparison or the subtraction?",
            "Compare before you subtract: an unsigned number has no value below zero.",
        ],
        last: Last {
            rust: "`checked_sub` answers `None` where there is too little. Then: one line on standard error, exit status 1, and nothing changed.",
            c: "`if (balance < amount)`, before the subtraction. Then: one line on standard error, exit status 1, and nothing changed.",
            python: "`if balance < amount:`, before the first store. Then: one line on standard error, exit status 1, and nothing changed. (A negative number does not fit into a `Q`: the store raises `ValueError`.)",
        },
    },
    Diagnosis {
        id: "overflow",
        is: "`transfer` lets an account pass the largest u64",
        why: "The sum wraps around, and a fortune is gone.",
        anchor: "exercise",
        hints: [
            "What happens when TO holds 18446744073709551615?",
            "Compare before you add, and check both accounts before you store the first.",
        ],
        last: Last {
            rust: "`checked_add` answers `None` where the sum does not fit. Then: one line on standard error, exit status 1, and nothing changed.",
            c: "`if (amount > UINT64_MAX - balance)`, before the addition. Then: one line on standard error, exit status 1, and nothing changed.",
            python: "Python's sum does not wrap: compare it with `2**64 - 1` before the first store. Then: one line on standard error, exit status 1, and nothing changed.",
        },
    },
    Diagnosis {
        id: "failure-changes-something",
        is: "a failing `transfer` has changed the accounts",
        why: "All or nothing: half a transfer is lost money.",
        anchor: "exercise",
        hints: [
            "Is the first account stored before the second is checked?",
            "Compute both new balances first, then store both.",
        ],
        last: Last {
            rust: "`checked_sub` and `checked_add`, then two stores.",
            c: "`from < amount` and `amount > UINT64_MAX - to`: two comparisons, then two stores.",
            python: "`from_balance < amount` and `to_balance + amount >= 2**64`: two comparisons, then two stores. A store that raises between them leaves half a transfer.",
        },
    },
    Diagnosis {
        id: "bytes-not-its-own",
        is: "the program stores outside the counter, the accounts and its lock's bytes",
        why: "A layout is a contract between programs; another may keep something there.",
        anchor: "exercise",
        hints: [
            "Yours are: the counter, accounts 1 to 8, and bytes 1024 to 2047.",
            "Where does your lock begin, and how large is it?",
        ],
        last: Last {
            rust: "Put the lock at byte 1024; on x86-64 `libc::sem_t` has 32 bytes, `libc::pthread_mutex_t` 40. A file lock needs no bytes.",
            c: "Put the lock at byte 1024; on x86-64 `sem_t` has 32 bytes, `pthread_mutex_t` 40. A file lock needs no bytes.",
            python: "A lock of `fcntl.flock` needs no bytes. Store single numbers, by `memoryview(m).cast(\"Q\")`; `m[:] = …` stores to all of FILE.",
        },
    },
    Diagnosis {
        id: "wrong-size",
        is: "FILE has not 4096 bytes afterwards",
        why: "The next program refuses any other size.",
        anchor: "exercise",
        hints: [
            "A mapping does not make a file longer.",
            "Empty or missing: your program must give FILE 4096 bytes. 4096: leave it alone, another process may be using it.",
        ],
        last: Last {
            rust: "`set_len(4096)` only if FILE has 0 bytes. Open without `truncate(true)`.",
            c: "`ftruncate(fd, 4096)` only if FILE has 0 bytes. Open without O_TRUNC.",
            python: "`os.ftruncate(fd, 4096)` only if FILE has 0 bytes. Open with `os.open`, without `os.O_TRUNC`; `open(path, \"w+b\")` empties FILE.",
        },
    },
    Diagnosis {
        id: "wrong-mode",
        is: "a new FILE has not mode 0600",
        why: "Others could read the accounts, or store into them.",
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
        id: "odd-size-accepted",
        is: "a FILE of another size is taken for a file of accounts",
        why: "It belongs to something else, and is damaged; or a store past its end is a SIGBUS.",
        anchor: "exercise",
        hints: [
            "Look at FILE's size before you map.",
            "0: make it. 4096: use it. Anything else: leave it as it is and fail.",
        ],
        last: Last {
            rust: "`match file.metadata()?.len()`. For any other size: one line that names FILE, and exit status 1.",
            c: "Look at the `st_size` of `fstat`. For any other size: one line that names FILE, and exit status 1.",
            python: "Look at `os.fstat(fd).st_size`. For any other size: one line that names FILE, and exit status 1.",
        },
    },
];
