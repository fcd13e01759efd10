//! verdict: two-inside-after-a-kill
// A robust mutex that is made consistent after its owner's death, and given back before the work.
#define _GNU_SOURCE
#include "../../exercise-5/robust.h"

static void take(struct bank *bank, int fd) {
    pthread_mutex_t *mutex = &LOCK(bank)->mutex;
    if (pthread_mutex_lock(mutex) != EOWNERDEAD) return;
    pthread_mutex_consistent(mutex);
    pthread_mutex_unlock(mutex);
}
