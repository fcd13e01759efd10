//! verdict: solved
// Built differently: no lock for additions, one locked instruction; a flock lock for transfers.
#define ADDS_ITSELF
#include "by_flock.h"

static void add_one(struct bank *bank, int fd) {
    __atomic_fetch_add(&bank->counter, 1, __ATOMIC_SEQ_CST);
}
