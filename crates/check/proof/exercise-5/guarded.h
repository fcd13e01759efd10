// For answers that only differ in their lock: `take` and `give` around plain loads and stores. An
// answer that defines ADDS_ITSELF has an `add_one` of its own, and one that defines SET stores in an account in its own way.
#include "bank.h"

static void take(struct bank *bank, int fd);
static void give(struct bank *bank, int fd);

#ifndef ADDS_ITSELF
static void add_one(struct bank *bank, int fd) {
    take(bank, fd);
    bank->counter = bank->counter + 1;
    give(bank, fd);
}
#endif

#ifndef SET
#define SET(account, money) ((account) = (money))
#endif

static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    const char *why = NULL;
    take(bank, fd);
    uint64_t have = ACCOUNT(bank, from), there = ACCOUNT(bank, to);
    if (have < amount) why = "not enough money";
    else if (there > UINT64_MAX - amount) why = "too much money";
    else {
        SET(ACCOUNT(bank, from), have - amount);
        SET(ACCOUNT(bank, to), there + amount);
    }
    give(bank, fd);
    return why;
}
