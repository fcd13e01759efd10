//! verdict: solved
// Built differently: no lock at all. A transfer takes from one account and then gives to the other one.
#include "bank.h"

static void prepare(struct bank *bank, int fd) {}

static void add_one(struct bank *bank, int fd) {
    __atomic_fetch_add(&bank->counter, 1, __ATOMIC_SEQ_CST);
}

static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    volatile uint64_t *source = &ACCOUNT(bank, from), *target = &ACCOUNT(bank, to);
    uint64_t have = __atomic_load_n(source, __ATOMIC_SEQ_CST);
    do {
        if (have < amount) return "not enough money";
    } while (!__atomic_compare_exchange_n(source, &have, have - amount, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    uint64_t there = __atomic_load_n(target, __ATOMIC_SEQ_CST);
    do {
        if (there > UINT64_MAX - amount) {
            __atomic_fetch_add(source, amount, __ATOMIC_SEQ_CST); // Back to where it was.
            return "too much money";
        }
    } while (!__atomic_compare_exchange_n(target, &there, there + amount, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return NULL;
}
