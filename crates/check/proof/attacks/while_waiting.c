// Exercise 5, right but for what it does (DOES) when it finds the lock taken: only an actor beside
// another does, never a program alone.
#include "does.h"
#include "../exercise-5/guarded.h"
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return;
    DOES();
    while (flock(fd, LOCK_EX) < 0) {}
}
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }
