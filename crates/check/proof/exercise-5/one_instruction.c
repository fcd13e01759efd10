//! verdict: lost-addition
// `addq $1,(memory)` is one instruction, and yet a load and a store: two processors come between.
#include "bank.h"
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void add_one(struct bank *bank, int fd) {
#ifdef __x86_64__
    __asm__ volatile("addq $1, %0" : "+m"(bank->counter));
#else
    bank->counter += 1;
#endif
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
