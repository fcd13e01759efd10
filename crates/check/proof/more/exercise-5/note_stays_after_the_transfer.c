//! verdict: lost-after-a-kill
// A transfer notes the old balances in FILE, and does not remove this note when it is done. After a death, even one in
// `add`, the next process takes the last transfer back, though that transfer had ended well.
#define _GNU_SOURCE
#include "../../exercise-5/bank.h"
#include <sys/file.h>

struct note {
    volatile uint64_t is_held, is_valid, from, to, have, there;
};
#define NOTE(bank) ((struct note *)(bank)->lock)

static void prepare(struct bank *bank, int fd) {}

static void take(struct bank *bank, int fd) {
    struct note *note = NOTE(bank);
    while (flock(fd, LOCK_EX) < 0) {}
    if (note->is_held && note->is_valid) { // The last holder is dead.
        ACCOUNT(bank, note->from) = note->have;
        ACCOUNT(bank, note->to) = note->there;
        note->is_valid = 0;
    }
    note->is_held = 1;
}

static void give(struct bank *bank, int fd) {
    NOTE(bank)->is_held = 0;
    flock(fd, LOCK_UN);
}

static void add_one(struct bank *bank, int fd) {
    take(bank, fd);
    bank->counter = bank->counter + 1;
    give(bank, fd);
}

static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    const char *why = NULL;
    take(bank, fd);
    struct note *note = NOTE(bank);
    uint64_t have = ACCOUNT(bank, from), there = ACCOUNT(bank, to);
    if (have < amount) why = "not enough money";
    else if (there > UINT64_MAX - amount) why = "too much money";
    else {
        note->is_valid = 0;
        note->from = from;
        note->to = to;
        note->have = have;
        note->there = there;
        note->is_valid = 1;
        ACCOUNT(bank, from) = have - amount;
        ACCOUNT(bank, to) = there + amount;
#ifdef REMOVES_THE_NOTE
        note->is_valid = 0;
#endif
    }
    give(bank, fd);
    return why;
}
