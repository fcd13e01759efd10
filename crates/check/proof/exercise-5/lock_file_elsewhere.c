//! verdict: writes-elsewhere
// The lock is right, and lies in /tmp: nobody who moves FILE takes it along, and it stays behind.
#include "guarded.h"
#include <sys/file.h>

static int elsewhere = -1;
static void prepare(struct bank *bank, int fd) {
    elsewhere = open("/tmp/bank.lock", O_RDWR | O_CREAT, 0666);
    if (elsewhere < 0) exit(failed("open", "/tmp/bank.lock", strerror(errno)));
}
static void take(struct bank *bank, int fd) {
    while (flock(elsewhere, LOCK_EX) < 0) {}
}
static void give(struct bank *bank, int fd) { flock(elsewhere, LOCK_UN); }
