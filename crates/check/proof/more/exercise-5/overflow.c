//! verdict: edge overflow
// TO may pass the largest u64, and wraps around.
#include "../../exercise-5/bank.h"
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void add_one(struct bank *bank, int fd) {
    __atomic_fetch_add(&bank->counter, 1, __ATOMIC_SEQ_CST);
}
static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    const char *why = NULL;
    while (flock(fd, LOCK_EX) < 0) {}
    if (ACCOUNT(bank, from) < amount) why = "not enough money";
    else {
        ACCOUNT(bank, from) -= amount;
        ACCOUNT(bank, to) += amount;
    }
    flock(fd, LOCK_UN);
    return why;
}
