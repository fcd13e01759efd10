//! verdict: stops-waiting, waits
// A signal after two seconds ends the call that waits; then it goes on without the lock.
#define _GNU_SOURCE
#include "../../exercise-5/guarded.h"
#include <signal.h>
#include <sys/file.h>
#include <time.h>

static void wakes(int number) {}
static void prepare(struct bank *bank, int fd) {
    struct sigaction action = {.sa_handler = wakes};
    sigaction(SIGALRM, &action, NULL);
}
static void take(struct bank *bank, int fd) {
    alarm(2);
    flock(fd, LOCK_EX);
    alarm(0);
}
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }
