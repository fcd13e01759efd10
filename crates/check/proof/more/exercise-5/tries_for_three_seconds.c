//! verdict: stops-waiting, waits
// Three seconds by its own clock; then it goes on without the lock.
#define _GNU_SOURCE
#include "../../exercise-5/guarded.h"
#include <signal.h>
#include <sys/file.h>
#include <time.h>

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    time_t until = time(NULL) + 3;
    while (time(NULL) < until && flock(fd, LOCK_EX | LOCK_NB) < 0) usleep(20000);
}
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }
