//! verdict: stops-waiting, waits
// A word of FILE says who holds the lock. After three seconds a process takes the lock away from its holder.
#define _GNU_SOURCE
#include "../../exercise-5/guarded.h"

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    uint32_t *holder = (uint32_t *)bank->lock;
    for (int tries = 0; tries < 30; tries++) {
        uint32_t nobody = 0;
        if (__atomic_compare_exchange_n(holder, &nobody, getpid(), 0, 5, 5)) return;
        usleep(100000);
    }
    __atomic_store_n(holder, getpid(), 5);
}
static void give(struct bank *bank, int fd) { __atomic_store_n((uint32_t *)bank->lock, 0, 5); }
