//! verdict: lost-after-a-kill
// A transfer notes the old balances in FILE, one note for each FROM, and removes the note when it is done. Each later
// process takes a transfer back whose note is still there, but does not remove the note: it undoes the same again and
// again, and with it what others did meanwhile.
#define _GNU_SOURCE
#include "../../exercise-5/bank.h"
#include <sys/file.h>

struct note {
    volatile uint64_t is_valid, to, have, there;
};
#define NOTE(bank, from) (((struct note *)(bank)->lock)[from])

static void prepare(struct bank *bank, int fd) {}

static void take(struct bank *bank, int fd) {
    while (flock(fd, LOCK_EX) < 0) {}
    for (int from = 1; from <= 8; from++) {
        struct note *note = &NOTE(bank, from);
        if (!note->is_valid) continue;
        ACCOUNT(bank, from) = note->have;
        ACCOUNT(bank, note->to) = note->there;
    }
}

static void add_one(struct bank *bank, int fd) {
    take(bank, fd);
    bank->counter = bank->counter + 1;
    flock(fd, LOCK_UN);
}

static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    const char *why = NULL;
    take(bank, fd);
    struct note *note = &NOTE(bank, from);
    uint64_t have = ACCOUNT(bank, from), there = ACCOUNT(bank, to);
    if (have < amount) why = "not enough money";
    else if (there > UINT64_MAX - amount) why = "too much money";
    else {
        note->to = to;
        note->have = have;
        note->there = there;
        note->is_valid = 1;
        ACCOUNT(bank, from) = have - amount;
        ACCOUNT(bank, to) = there + amount;
        note->is_valid = 0;
    }
    flock(fd, LOCK_UN);
    return why;
}
