// A right exercise 5 that unprotects the page in a handler for SIGSEGV, as a collector of garbage
// does, and counts there how often: a store to FILE while SIGSEGV is blocked.
#define _GNU_SOURCE
#include "../exercise-5/guarded.h"
#include <signal.h>
#include <sys/file.h>

static struct bank *watched;
static void handler(int signal) {
    mprotect(watched, sizeof *watched, PROT_READ | PROT_WRITE);
    (*(volatile uint64_t *)watched->lock)++;
}
static void prepare(struct bank *bank, int fd) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = FLAGS};
    watched = bank;
    sigaction(SIGSEGV, &action, NULL);
    mprotect(watched, sizeof *watched, PROT);
}
static void take(struct bank *bank, int fd) {
    while (flock(fd, LOCK_EX) < 0) {}
}
static void give(struct bank *bank, int fd) {
    mprotect(watched, sizeof *watched, PROT);
    flock(fd, LOCK_UN);
}
