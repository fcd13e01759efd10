//! verdict: lost-addition
// `addq $1,(memory)` is one instruction, and yet a load and a store: two processors come between.
#define ADDS_ITSELF
#include "by_flock.h"

static void add_one(struct bank *bank, int fd) {
#ifdef __x86_64__
    __asm__ volatile("addq $1, %0" : "+m"(bank->counter));
#else
    bank->counter += 1;
#endif
}
