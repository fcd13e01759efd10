//! verdict: stops-waiting, waits
// A hundred tries in two seconds; then it goes on without the lock.
#define _GNU_SOURCE
#include "../../exercise-5/guarded.h"
#include <signal.h>
#include <sys/file.h>
#include <time.h>

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    for (int tries = 0; tries < 100 && flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) usleep(20000);
}
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }
