//! verdict: lost-addition
// A lock that is looked at, then set: two can see it free and both set it.
#include "guarded.h"
#include <sched.h>

#define WORD(bank) (*(volatile uint32_t *)(bank)->lock)
static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    while (WORD(bank) != 0) usleep(1000);
    WORD(bank) = 1;
}
static void give(struct bank *bank, int fd) { WORD(bank) = 0; }
