//! verdict: busy-wait
// A file lock that survives its holder, but is asked for again and again instead of waited for.
#include "../../exercise-5/guarded.h"
#include <sched.h>
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) sched_yield();
}
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }
