//! verdict: initialization-race
// Whoever finds no lock makes one; two who find none both make it, and both hold it.
#define _GNU_SOURCE
#include "guarded.h"
#include <pthread.h>

struct lock {
    volatile uint32_t ready;
    pthread_mutex_t mutex;
};
#define LOCK(bank) ((struct lock *)(bank)->lock)
static void prepare(struct bank *bank, int fd) {
    if (!LOCK(bank)->ready) {
        pthread_mutexattr_t attributes;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(&LOCK(bank)->mutex, &attributes);
        LOCK(bank)->ready = 1;
    }
}
static void take(struct bank *bank, int fd) {
    if (pthread_mutex_lock(&LOCK(bank)->mutex) == EOWNERDEAD)
        pthread_mutex_consistent(&LOCK(bank)->mutex);
}
static void give(struct bank *bank, int fd) { pthread_mutex_unlock(&LOCK(bank)->mutex); }
