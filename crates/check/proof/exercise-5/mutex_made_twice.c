//! verdict: initialization-race
// A mutex that both may make. A process whose mutex was made again while it held it cannot unlock it, and fails.
#define _GNU_SOURCE
#include "guarded.h"
#include <pthread.h>

struct lock {
    volatile uint32_t ready;
    pthread_mutex_t mutex;
};
#define LOCK(bank) ((struct lock *)(bank)->lock)

static void must(int error, const char *step) {
    if (error) exit(failed(step, "FILE", strerror(error)));
}
static void prepare(struct bank *bank, int fd) {
    if (LOCK(bank)->ready) return;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&LOCK(bank)->mutex, &attributes);
    LOCK(bank)->ready = 1;
}
static void take(struct bank *bank, int fd) {
    int error = pthread_mutex_lock(&LOCK(bank)->mutex);
    must(error == EOWNERDEAD ? pthread_mutex_consistent(&LOCK(bank)->mutex) : error, "lock");
}
static void give(struct bank *bank, int fd) { must(pthread_mutex_unlock(&LOCK(bank)->mutex), "unlock"); }
