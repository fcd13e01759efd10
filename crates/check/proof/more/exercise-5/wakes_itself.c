//! verdict: solved
// The lock is its holder's process id. A waiter sleeps without a timeout, but a timer's signal
// wakes it, and then it takes over a lock whose holder is dead.
#define _GNU_SOURCE
#include "../../exercise-5/guarded.h"
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define WORD(bank) ((uint32_t *)(bank)->lock)
static void wake(int signal) {}
static void prepare(struct bank *bank, int fd) {
    struct sigaction action = {.sa_handler = wake}; // No SA_RESTART: the sleep ends with EINTR.
    sigaction(SIGALRM, &action, NULL);
}
static void sleep_on(uint32_t *word, uint32_t value) {
    struct itimerval soon = {.it_value = {0, 200000}}, never = {0};
    setitimer(ITIMER_REAL, &soon, NULL);
    syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
    setitimer(ITIMER_REAL, &never, NULL);
}
static void take(struct bank *bank, int fd) {
    uint32_t me = getpid(), holder = 0;
    while (!__atomic_compare_exchange_n(WORD(bank), &holder, me, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        if (holder != 0 && kill(holder, 0) < 0 && errno == ESRCH) continue; // Takes over from the dead.
        sleep_on(WORD(bank), holder);
        holder = 0;
    }
}
static void give(struct bank *bank, int fd) {
    __atomic_store_n(WORD(bank), 0, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, WORD(bank), FUTEX_WAKE, 1, NULL, NULL, 0);
}
