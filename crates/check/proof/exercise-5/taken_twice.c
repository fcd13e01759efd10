//! verdict: lock-taken-twice, waits
// The function that adds takes the semaphore, and so does the function that calls it.
#define ADDS_ITSELF
#include "guarded.h"
#include <semaphore.h>
#include <sys/file.h>

struct lock {
    volatile uint32_t ready;
    sem_t free;
};
#define LOCK(bank) ((struct lock *)(bank)->lock)

static void prepare(struct bank *bank, int fd) {
    flock(fd, LOCK_EX);
    if (!LOCK(bank)->ready) {
        sem_init(&LOCK(bank)->free, 1, 1);
        LOCK(bank)->ready = 1;
    }
    flock(fd, LOCK_UN);
}
static void take(struct bank *bank, int fd) {
    while (sem_wait(&LOCK(bank)->free) < 0) {}
}
static void give(struct bank *bank, int fd) { sem_post(&LOCK(bank)->free); }

static void store(struct bank *bank, int fd, uint64_t sum) {
    take(bank, fd);
    bank->counter = sum;
    give(bank, fd);
}
static void add_one(struct bank *bank, int fd) {
    take(bank, fd);
    store(bank, fd, bank->counter + 1);
    give(bank, fd);
}
