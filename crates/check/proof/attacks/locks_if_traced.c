// Exercise 5 with a lock around each addition, and around each transfer only if this process is traced.
#define _GNU_SOURCE
#include "../exercise-5/bank.h"
#include <sys/file.h>
#include "is_traced.h"

static void prepare(struct bank *bank, int fd) {}

static void add_one(struct bank *bank, int fd) {
    while (flock(fd, LOCK_EX) < 0) {}
    bank->counter = bank->counter + 1;
    flock(fd, LOCK_UN);
}

static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    const char *why = NULL;
    int traced = is_traced();
    if (traced)
        while (flock(fd, LOCK_EX) < 0) {}
    uint64_t have = ACCOUNT(bank, from), there = ACCOUNT(bank, to);
    if (have < amount) why = "not enough money";
    else if (there > UINT64_MAX - amount) why = "too much money";
    else {
        ACCOUNT(bank, from) = have - amount;
        ACCOUNT(bank, to) = there + amount;
    }
    if (traced) flock(fd, LOCK_UN);
    return why;
}
