//! verdict: died-of-a-signal
// A mutex that is not process-shared: in a process without threads glibc takes it by a plain load
// and store, so that two hold it, and glibc itself aborts when it sees that.
#define _GNU_SOURCE
#include "guarded.h"
#include <pthread.h>
#include <sys/file.h>

struct lock {
    volatile uint32_t ready;
    pthread_mutex_t mutex;
};
#define LOCK(bank) ((struct lock *)(bank)->lock)
static void prepare(struct bank *bank, int fd) {
    flock(fd, LOCK_EX);
    if (!LOCK(bank)->ready) {
        pthread_mutex_init(&LOCK(bank)->mutex, NULL);
        LOCK(bank)->ready = 1;
    }
    flock(fd, LOCK_UN);
}
static void take(struct bank *bank, int fd) { pthread_mutex_lock(&LOCK(bank)->mutex); }
static void give(struct bank *bank, int fd) { pthread_mutex_unlock(&LOCK(bank)->mutex); }
