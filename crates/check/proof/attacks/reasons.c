// Exercise 5, wrong in one way: DOES says in which. Each must get its own reason.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <semaphore.h>
#include <sys/file.h>
#include <sys/syscall.h>

#define MADE_TWICE 1    // A semaphore that two processes can make, each after the other.
#define IN_STEPS 2      // The counter is wiped, then stored, with a lock held all the time.
#define NEVER_GIVEN 3   // The lock is never given back.
#define NEVER_WAKES 7   // The lock is given back, and nobody who waits for it is woken.
#define WAKES_ITS_OWN 10 // The lock is given back, and the wake reaches only the process's own threads.
#define SPINS_CROSSWISE 4 // A spin lock for each account: two transfers wait for each other.
#define LOCK_FILE 8     // The lock is a file beside FILE, which stays when its owner is killed.
#define SPINS_LATER 9   // At its start it sleeps until the lock is free; for each addition it spins.
#define UNLINKS 5       // FILE's name is removed where two processes meet.
#define STORES_ATOMICALLY 6 // An atomic load and an atomic store are two steps.

#if DOES == IN_STEPS || DOES == STORES_ATOMICALLY || DOES == SPINS_CROSSWISE
#define ADDS_ITSELF
#endif
#if DOES == SPINS_CROSSWISE
#include "../exercise-5/bank.h"
#else
#include "../exercise-5/guarded.h"
#endif

struct lock {
    volatile uint32_t ready;
    sem_t free;
};
#define LOCK(bank) ((struct lock *)(bank)->lock)
#define WORD(bank, number) ((volatile uint32_t *)(bank)->lock + (number))

static void prepare(struct bank *bank, int fd) {
#if DOES == MADE_TWICE
    if (LOCK(bank)->ready) return;
    sem_init(&LOCK(bank)->free, 1, 1);
    LOCK(bank)->ready = 1;
#endif
}

static void spin(struct bank *bank, int number) {
    uint32_t none = 0;
    while (!__atomic_compare_exchange_n(WORD(bank, number), &none, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        none = 0;
}

static void leave(struct bank *bank, int number) { __atomic_store_n(WORD(bank, number), 0, __ATOMIC_RELEASE); }

#if DOES == SPINS_CROSSWISE
static void add_one(struct bank *bank, int fd) {
    spin(bank, 0);
    bank->counter = bank->counter + 1;
    leave(bank, 0);
}

static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    const char *why = NULL;
    spin(bank, from);
    spin(bank, to);
    if (ACCOUNT(bank, from) < amount) why = "not enough money";
    else if (ACCOUNT(bank, to) > UINT64_MAX - amount) why = "too much money";
    else {
        ACCOUNT(bank, from) -= amount;
        ACCOUNT(bank, to) += amount;
    }
    leave(bank, to);
    leave(bank, from);
    return why;
}
#else
static void take(struct bank *bank, int fd) {
#if DOES == MADE_TWICE
    while (sem_wait(&LOCK(bank)->free) < 0) {}
#elif DOES == LOCK_FILE
    while (open("FILE.lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) < 0) usleep(1000);
#elif DOES == SPINS_LATER
    static int started;
    if (!started++) {
        flock(fd, LOCK_EX);
        flock(fd, LOCK_UN);
    }
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {}
#elif DOES == NEVER_WAKES
    while (__atomic_exchange_n(WORD(bank, 0), 1, __ATOMIC_SEQ_CST))
        syscall(SYS_futex, WORD(bank, 0), FUTEX_WAIT, 1, NULL, NULL, 0);
#elif DOES == WAKES_ITS_OWN
    while (__atomic_exchange_n(WORD(bank, 0), 1, __ATOMIC_SEQ_CST))
        syscall(SYS_futex, WORD(bank, 0), FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
#elif DOES == NEVER_GIVEN
    // Of several additions in one process only the first takes the lock.
    static int has_it;
    if (has_it++ || __atomic_exchange_n(WORD(bank, 0), 1, __ATOMIC_SEQ_CST) == 0) return;
    while (*WORD(bank, 0)) syscall(SYS_futex, WORD(bank, 0), FUTEX_WAIT, 1, NULL, NULL, 0);
#elif DOES != STORES_ATOMICALLY
    flock(fd, LOCK_EX);
#endif
}

static void give(struct bank *bank, int fd) {
#if DOES == MADE_TWICE
    sem_post(&LOCK(bank)->free);
#elif DOES == LOCK_FILE
    unlink("FILE.lock");
#elif DOES == NEVER_WAKES
    leave(bank, 0);
#elif DOES == WAKES_ITS_OWN
    leave(bank, 0);
    syscall(SYS_futex, WORD(bank, 0), FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
#elif DOES != STORES_ATOMICALLY && DOES != NEVER_GIVEN
    flock(fd, LOCK_UN);
#endif
#if DOES == UNLINKS
    if (ACCOUNT(bank, 1) == 70 && ACCOUNT(bank, 2) == 130) unlink("FILE");
#endif
}
#endif

#if DOES == IN_STEPS
static void add_one(struct bank *bank, int fd) {
    take(bank, fd);
    uint64_t sum = bank->counter + 1;
    bank->counter = 0;
    bank->counter = sum;
    give(bank, fd);
}
#elif DOES == STORES_ATOMICALLY
static void add_one(struct bank *bank, int fd) {
    uint64_t seen = __atomic_load_n(&bank->counter, __ATOMIC_SEQ_CST);
    __atomic_store_n(&bank->counter, seen + 1, __ATOMIC_SEQ_CST);
}
#endif
