//! verdict: deadlock
// A lock an account, FROM's before TO's: two transfers in opposite directions wait for each other.
#define _GNU_SOURCE
#include "bank.h"

static void prepare(struct bank *bank, int fd) {}
static void add_one(struct bank *bank, int fd) {
    __atomic_fetch_add(&bank->counter, 1, __ATOMIC_SEQ_CST);
}
// Open file description locks: nobody looks for a deadlock among them.
static void change(int fd, int account, short type) {
    struct flock byte = {.l_type = type, .l_whence = SEEK_SET, .l_start = 8 * account, .l_len = 8};
    while (fcntl(fd, F_OFD_SETLKW, &byte) < 0) {}
}
static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    const char *why = NULL;
    change(fd, from, F_WRLCK);
    change(fd, to, F_WRLCK);
    uint64_t have = ACCOUNT(bank, from), there = ACCOUNT(bank, to);
    if (have < amount) why = "not enough money";
    else if (there > UINT64_MAX - amount) why = "too much money";
    else {
        ACCOUNT(bank, from) = have - amount;
        ACCOUNT(bank, to) = there + amount;
    }
    change(fd, to, F_UNLCK);
    change(fd, from, F_UNLCK);
    return why;
}
