// A right exercise 5 that unprotects the page in a handler for SIGSEGV, as a collector of garbage
// does, and counts there how often: a store to FILE while SIGSEGV is blocked. With RAISED, the
// handler of another signal stores. It fails if SIGSEGV is not handled and blocked as it asked for.
#define _GNU_SOURCE
#include "../exercise-5/guarded.h"
#include <signal.h>
#include <sys/file.h>

static struct bank *watched;
static void handler(int signal) {
    struct sigaction action;
    sigset_t blocked;
    if (signal == SIGSEGV) mprotect(watched, sizeof *watched, PROT_READ | PROT_WRITE);
    (*(volatile uint64_t *)watched->lock)++;
    sigaction(SIGSEGV, NULL, &action);
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    if (action.sa_handler != handler) _exit(97);
    if (sigismember(&blocked, SIGSEGV) != !(FLAGS & SA_NODEFER)) _exit(98);
}
static void prepare(struct bank *bank, int fd) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = FLAGS};
    watched = bank;
    sigaction(SIGSEGV, &action, NULL);
    sigaddset(&action.sa_mask, SIGSEGV);
    sigaction(SIGUSR1, &action, NULL);
    mprotect(watched, sizeof *watched, PROT);
}
static void take(struct bank *bank, int fd) {
    while (flock(fd, LOCK_EX) < 0) {}
#ifdef RAISED
    raise(SIGUSR1);
#endif
}
static void give(struct bank *bank, int fd) {
    mprotect(watched, sizeof *watched, PROT);
    flock(fd, LOCK_UN);
}
