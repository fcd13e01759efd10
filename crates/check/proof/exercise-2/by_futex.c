//! verdict: solved
// Built differently: sleeps in futex until the mark changes; prints straight from the mapping.
#define _GNU_SOURCE
#include "mail.h"
#include <linux/futex.h>
#include <sys/syscall.h>

#ifndef OWN_FUTEX
static void wait_while(volatile uint32_t *word, uint32_t value, struct timespec *time) {
    syscall(SYS_futex, word, FUTEX_WAIT, value, time, NULL, 0);
}
static void wake(volatile uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0); }
#endif

// As `await`, but woken by the other process.
static int sleep_until(struct box *box, uint32_t wanted) {
    for (double late = now() + 5; now() < late;) {
        uint32_t full = __atomic_load_n(&box->full, __ATOMIC_ACQUIRE);
        if (full == wanted) return 0;
        if (full > 1) return 2;
        double left = late - now();
        struct timespec time = {.tv_sec = (time_t)left, .tv_nsec = (long)((left - (time_t)left) * 1e9)};
        if (left > 0) wait_while(&box->full, full, &time);
    }
    return 1;
}
static void mark(struct box *box, uint32_t full) {
    __atomic_store_n(&box->full, full, __ATOMIC_RELEASE);
    wake(&box->full);
}

static int post(struct box *box, const char *path, const char *text, uint32_t length) {
    if (sleep_until(box, 0)) return failed("wait for", path, "the box is still full, or broken");
    memcpy(box->text, text, length);
    box->length = length;
    mark(box, 1);
    return 0;
}

static int take(struct box *box, const char *path) {
    if (sleep_until(box, 1)) return failed("wait for", path, "the box is still empty, or broken");
    uint32_t length = box->length;
    if (length > LONGEST) return failed("take", path, "a length of more than 4088");
    if (print(box->text, length)) return 1;
    mark(box, 0);
    return 0;
}
