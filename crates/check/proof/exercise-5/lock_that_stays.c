//! verdict: orphaned-lock
// A right lock while everybody lives: taken by one locked instruction, waited for in futex. But it
// belongs to nobody, and stays when its holder is killed.
#define _GNU_SOURCE
#include "guarded.h"
#include <linux/futex.h>
#include <sys/syscall.h>

#define WORD(bank) ((uint32_t *)(bank)->lock)
static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    uint32_t state = 0;
    if (__atomic_compare_exchange_n(WORD(bank), &state, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
    while (__atomic_exchange_n(WORD(bank), 2, __ATOMIC_SEQ_CST) != 0)
        syscall(SYS_futex, WORD(bank), FUTEX_WAIT, 2, NULL, NULL, 0);
}
static void give(struct bank *bank, int fd) {
    if (__atomic_exchange_n(WORD(bank), 0, __ATOMIC_SEQ_CST) == 2)
        syscall(SYS_futex, WORD(bank), FUTEX_WAKE, 1, NULL, NULL, 0);
}
