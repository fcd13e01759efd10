// Exercise 5, right but for two processes that come at once after their lock's holder has died. HOW says what they
// do: with an odd number they are wrong, and with the even number after it they do the same rightly.
#define _GNU_SOURCE
#include "../exercise-5/guarded.h"
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>

#define GIVES_IT_AWAY 1 // A robust mutex is made consistent, and given back before the work.
#define KEEPS_IT 2
#define STORES_ITS_NUMBER 3 // The word has the holder's number. If this process is dead, another number is stored.
#define EXCHANGES_ITS_NUMBER 4
#define FREES_THE_WORD 5 // The same, but first the word is made free, which two processes can do one after the other.
#define FREES_ITS_WORD 6
#define REMOVES_ANY_FILE 7 // A lock file has the holder's number. The file of a dead process is removed by its name.
#define REMOVES_A_DEAD_FILE 8
#define LOCKS_ANY_FILE 9 // A file is locked, and removed before it is given back: its name may belong to another file.
#define LOCKS_THE_FILE 10
#define MAKES_IT_AGAIN 11 // A robust mutex whose owner has died is made once more.
// With TIMED, a process that waits for the word sleeps in futex, for a tenth of a second.

#define IS_MUTEX (HOW == GIVES_IT_AWAY || HOW == KEEPS_IT || HOW == MAKES_IT_AGAIN)
#define WORD(bank) ((volatile uint32_t *)(bank)->lock)

static int is_dead(int process) { return process > 0 && kill(process, 0) < 0 && errno == ESRCH; }

#if IS_MUTEX
#define MUTEX(bank) ((pthread_mutex_t *)((bank)->lock + 64))

static void make(struct bank *bank) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(MUTEX(bank), &attributes);
}
static void prepare(struct bank *bank, int fd) {
    flock(fd, LOCK_EX);
    if (!*WORD(bank)) {
        make(bank);
        *WORD(bank) = 1;
    }
    flock(fd, LOCK_UN);
}
static void take(struct bank *bank, int fd) {
    if (pthread_mutex_lock(MUTEX(bank)) != EOWNERDEAD) return;
    if (HOW == MAKES_IT_AGAIN) {
        make(bank);
        pthread_mutex_lock(MUTEX(bank));
        return;
    }
    pthread_mutex_consistent(MUTEX(bank));
    if (HOW == GIVES_IT_AWAY) pthread_mutex_unlock(MUTEX(bank));
}
static void give(struct bank *bank, int fd) { pthread_mutex_unlock(MUTEX(bank)); }

#elif HOW <= FREES_ITS_WORD
static int exchanges(struct bank *bank, uint32_t *from, uint32_t to) {
    return __atomic_compare_exchange_n(WORD(bank), from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static void nap(struct bank *bank, uint32_t holder) {
#ifdef TIMED
    struct timespec tenth = {.tv_nsec = 100000000};
    syscall(SYS_futex, WORD(bank), FUTEX_WAIT, holder, &tenth, NULL, 0);
#else
    usleep(5000);
#endif
}
static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    uint32_t me = getpid();
    for (;;) {
        uint32_t holder = 0;
        if (exchanges(bank, &holder, me)) return;
        nap(bank, holder);
        if (!is_dead(holder)) continue;
        if (HOW == STORES_ITS_NUMBER) {
            *WORD(bank) = me;
            return;
        } else if (HOW == EXCHANGES_ITS_NUMBER) {
            if (exchanges(bank, &holder, me)) return;
        } else if (HOW == FREES_THE_WORD) {
            *WORD(bank) = 0;
        } else {
            exchanges(bank, &holder, 0);
        }
    }
}
static void give(struct bank *bank, int fd) { __atomic_store_n(WORD(bank), 0, __ATOMIC_SEQ_CST); }

#elif HOW <= REMOVES_A_DEAD_FILE
// A symbolic link can be made with the number in it, in one step.
static int makes_lock_file(void) {
    char number[16];
    sprintf(number, "%d", getpid());
    return symlink(number, "FILE.lock") == 0;
}
static int is_of_a_dead_process(void) {
    char number[16] = {0};
    return readlink("FILE.lock", number, sizeof number - 1) > 0 && is_dead(atoi(number));
}
static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    while (!makes_lock_file()) {
        if (HOW == REMOVES_A_DEAD_FILE) flock(fd, LOCK_EX); // One at a time looks and removes.
        if (is_of_a_dead_process()) unlink("FILE.lock");
        else usleep(5000);
        if (HOW == REMOVES_A_DEAD_FILE) flock(fd, LOCK_UN);
    }
}
static void give(struct bank *bank, int fd) { unlink("FILE.lock"); }

#else
static int lock = -1;

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    for (;;) {
        struct stat locked, named;
        lock = open("FILE.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        while (flock(lock, LOCK_EX) < 0) {}
        if (HOW == LOCKS_ANY_FILE) return;
        fstat(lock, &locked);
        if (stat("FILE.lock", &named) == 0 && named.st_ino == locked.st_ino) return;
        close(lock);
    }
}
static void give(struct bank *bank, int fd) {
    unlink("FILE.lock");
    flock(lock, LOCK_UN);
    close(lock);
}
#endif
