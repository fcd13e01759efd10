//! verdict: initialization-race
// Right on a file that exists. Whoever finds an empty one stores its zeros, and may come late.
#define FIRST(map) memset(map, 0, 4096)
#include "../../exercise-5/guarded.h"
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    while (flock(fd, LOCK_EX) < 0) {}
}
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }
