//! verdict: lost-addition
// A thread does the adding, without a lock: threads are followed as processes are.
#include "bank.h"
#include <pthread.h>
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void *in_a_thread(void *bank) {
    ((struct bank *)bank)->counter++;
    return NULL;
}
static void add_one(struct bank *bank, int fd) {
    static int begun; // One thread is enough to be followed.
    pthread_t thread;
    if (begun++) in_a_thread(bank);
    else if (pthread_create(&thread, NULL, in_a_thread, bank) == 0) pthread_join(thread, NULL);
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
