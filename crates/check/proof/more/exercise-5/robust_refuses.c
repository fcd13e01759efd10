//! verdict: fails-after-a-kill
// A robust mutex without `pthread_mutex_consistent`: the second process after a death gets ENOTRECOVERABLE.
#define _GNU_SOURCE
#include "../../exercise-5/robust.h"

static void take(struct bank *bank, int fd) {
    int error = pthread_mutex_lock(&LOCK(bank)->mutex);
    if (error == 0 || error == EOWNERDEAD) return;
    exit(failed("lock", "FILE", strerror(error)));
}
