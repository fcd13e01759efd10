//! verdict: overdrawn
// The balances are loaded before the lock is taken, and stored inside it.
#include "bank.h"
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void add_one(struct bank *bank, int fd) {
    __atomic_fetch_add(&bank->counter, 1, __ATOMIC_SEQ_CST);
}
static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    uint64_t have = ACCOUNT(bank, from), there = ACCOUNT(bank, to);
    if (have < amount) return "not enough money";
    if (there > UINT64_MAX - amount) return "too much money";
    flock(fd, LOCK_EX);
    ACCOUNT(bank, from) = have - amount;
    ACCOUNT(bank, to) = there + amount;
    flock(fd, LOCK_UN);
    return NULL;
}
