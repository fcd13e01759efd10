//! verdict: lock-taken-twice, waits
// A second descriptor of FILE has a lock of its own: the process waits for itself.
#define ADDS_ITSELF
#include "by_flock.h"

static void add_one(struct bank *bank, int fd) {
    int other = open("FILE", O_RDWR | O_CLOEXEC);
    take(bank, fd);
    take(bank, other);
    bank->counter = bank->counter + 1;
    give(bank, other);
    give(bank, fd);
    close(other);
}
