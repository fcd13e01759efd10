//! verdict: lost-after-a-kill
// A robust mutex. The first process that takes it keeps a copy of the accounts, and a repair after a death restores this
// copy. So it undoes all transfers since then.
#define _GNU_SOURCE
#include "../../exercise-5/robust.h"

#ifndef FIRST_NUMBER
#define FIRST_NUMBER 1
#define LAST_NUMBER 8
#endif
struct copy {
    volatile uint64_t is_made, numbers[9];
};
#define COPY(bank) ((struct copy *)((bank)->lock + 512))

static void take(struct bank *bank, int fd) {
    int error = pthread_mutex_lock(&LOCK(bank)->mutex);
    int dead = error == EOWNERDEAD;
    if (dead) error = pthread_mutex_consistent(&LOCK(bank)->mutex);
    if (error) exit(failed("lock", "FILE", strerror(error)));
    struct copy *copy = COPY(bank);
    for (int number = FIRST_NUMBER; number <= LAST_NUMBER; number++) {
        if (!copy->is_made) copy->numbers[number] = ACCOUNT(bank, number);
        else if (dead) ACCOUNT(bank, number) = copy->numbers[number];
    }
    copy->is_made = 1;
}
