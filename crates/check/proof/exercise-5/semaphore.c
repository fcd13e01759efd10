//! verdict: orphaned-lock
// A semaphore in the file, made once under a lock. Nobody owns a semaphore: nobody gives it back.
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
