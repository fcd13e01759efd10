// The lock of several answers: a flock lock, which the kernel gives back when its holder dies.
#include "guarded.h"
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    while (flock(fd, LOCK_EX) < 0) {}
}
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }
