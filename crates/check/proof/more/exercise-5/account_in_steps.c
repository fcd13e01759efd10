//! verdict: stored-in-steps, waits
// A transfer wipes an account, and then stores the new number, with the lock held all the time.
#define MOVES_ITSELF
#include "../../exercise-5/guarded.h"
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) { flock(fd, LOCK_EX); }
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }

static void store(volatile uint64_t *account, uint64_t money) {
    *account = 0;
    *account = money;
}

static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    const char *why = NULL;
    take(bank, fd);
    uint64_t have = ACCOUNT(bank, from), there = ACCOUNT(bank, to);
    if (have < amount) why = "not enough money";
    else if (there > UINT64_MAX - amount) why = "too much money";
    else {
        store(&ACCOUNT(bank, from), have - amount);
        store(&ACCOUNT(bank, to), there + amount);
    }
    give(bank, fd);
    return why;
}
