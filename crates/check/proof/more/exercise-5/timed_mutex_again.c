//! verdict: solved, waits
// As the lesson advises: a robust mutex, for which a process waits with a deadline, and then tries again.
#define _GNU_SOURCE
#include "../../exercise-5/robust.h"
#include <time.h>

static void take(struct bank *bank, int fd) {
    for (;;) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1;
        int error = pthread_mutex_timedlock(&LOCK(bank)->mutex, &until);
        if (error == EOWNERDEAD) error = pthread_mutex_consistent(&LOCK(bank)->mutex);
        if (error == 0) return;
        if (error != ETIMEDOUT) exit(failed("lock", "FILE", strerror(error)));
    }
}
