//! verdict: overdrawn
// Both balances are changed by atomic instructions; but the check came before, and alone.
#include "bank.h"

static void prepare(struct bank *bank, int fd) {}
static void add_one(struct bank *bank, int fd) {
    __atomic_fetch_add(&bank->counter, 1, __ATOMIC_SEQ_CST);
}
static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    if (ACCOUNT(bank, from) < amount) return "not enough money";
    if (ACCOUNT(bank, to) > UINT64_MAX - amount) return "too much money";
    __atomic_fetch_sub(&ACCOUNT(bank, from), amount, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&ACCOUNT(bank, to), amount, __ATOMIC_SEQ_CST);
    return NULL;
}
