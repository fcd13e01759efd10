//! verdict: stops-waiting
// A semaphore, for which a process waits a second: then it takes the other process for dead, and goes on.
#define _GNU_SOURCE
#include "guarded.h"
#include <semaphore.h>
#include <sys/file.h>
#include <time.h>

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
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    while (sem_timedwait(&LOCK(bank)->free, &until) < 0 && errno == EINTR) {}
}
static void give(struct bank *bank, int fd) { sem_post(&LOCK(bank)->free); }
