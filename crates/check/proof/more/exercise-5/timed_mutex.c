//! verdict: stops-waiting, waits
// A robust mutex that handles a death well, and for which a process waits three seconds.
#define _GNU_SOURCE
#include "../../exercise-5/robust.h"
#include <time.h>

#ifndef SECONDS
#define SECONDS 3
#endif
#ifndef NANOSECONDS
#define NANOSECONDS 0
#endif

static void take(struct bank *bank, int fd) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SECONDS;
    until.tv_nsec += NANOSECONDS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    if (pthread_mutex_timedlock(&LOCK(bank)->mutex, &until) == EOWNERDEAD)
        pthread_mutex_consistent(&LOCK(bank)->mutex);
}
