//! verdict: lost-addition
// The process that makes FILE takes no lock: it believes that it is alone.
#include <stdbool.h>
static bool made;
#define FIRST(map) (made = true)
#include "guarded.h"
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    if (made) return;
    while (flock(fd, LOCK_EX) < 0) {}
}
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }
