//! verdict: lost-addition
// Loads through one mapping and stores through another, which has been moved: it is one memory.
#define _GNU_SOURCE
#include "bank.h"
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void add_one(struct bank *bank, int fd) {
    void *other = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    void *place = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    other = mremap(other, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place);
    if (other == MAP_FAILED || mprotect(other, 4096, PROT_READ | PROT_WRITE) < 0)
        exit(failed("map", "again", strerror(errno)));
    ((struct bank *)other)->counter = bank->counter + 1;
    munmap(other, 4096);
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
