//! verdict: solved, waits
// Two hundred tries in four seconds; then it fails, and has changed nothing. No addition is lost.
#define _GNU_SOURCE
#include "../../exercise-5/guarded.h"
#include <signal.h>
#include <sys/file.h>
#include <time.h>

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    for (int tries = 0; tries < 200; tries++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) return;
        usleep(20000);
    }
    exit(failed("lock", "FILE", "another process holds the lock"));
}
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }
