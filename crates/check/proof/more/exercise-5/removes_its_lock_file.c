//! verdict: lock-file-removed
// A lock on a file beside FILE, which is removed before the lock is given back.
#include "../../exercise-5/guarded.h"
#include <sys/file.h>

static int lock = -1;

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    lock = open("FILE.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    while (flock(lock, LOCK_EX) < 0) {}
}
static void give(struct bank *bank, int fd) {
    unlink("FILE.lock");
    close(lock);
}
