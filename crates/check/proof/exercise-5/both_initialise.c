//! verdict: initialization-race
// A process that finds FILE empty gives it its size, and lets the counter begin at 0. Two processes can both
// find FILE empty. Then the second one sets the counter back to 0.
#define FIRST(map) ((struct bank *)(map))->counter = 0
#define ADDS_ITSELF
#include "by_flock.h"

static void add_one(struct bank *bank, int fd) {
    __atomic_fetch_add(&bank->counter, 1, __ATOMIC_SEQ_CST);
}
