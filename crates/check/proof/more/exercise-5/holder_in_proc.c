//! verdict: solved, waits
// A word of FILE says who holds the lock: its number, and when it started, by which /proc tells it from a later process
// of the same number. The lock of a dead process is taken over by compare-and-exchange.
#include "../../exercise-5/guarded.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef BETWEEN_LOOKS
#define BETWEEN_LOOKS 5000000 // In nanoseconds.
#endif
#define WORD(bank) ((uint64_t *)(bank)->lock)
#define STARTED 22 // The field of /proc/PID/stat; the state is the third.

// The upper half is the number, the lower half the start; 0 if there is no such process any more.
static uint64_t living(uint32_t number) {
    char path[32], text[1024];
    snprintf(path, sizeof path, "/proc/%u/stat", number);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return 0;
    text[length] = 0;
    char *field = strrchr(text, ')') + 2;
    if (*field == 'Z' || *field == 'X')
        return 0;
    for (int number = 3; number < STARTED; number++)
        field = strchr(field, ' ') + 1;
    return (uint64_t)number << 32 | (uint32_t)strtoull(field, NULL, 10);
}

static uint64_t own;

static void prepare(struct bank *bank, int fd) {
    own = living(getpid());
    if (own == 0) {
        fputs("error: /proc does not show this process\n", stderr);
        exit(1);
    }
}

static void take(struct bank *bank, int fd) {
    for (;;) {
        uint64_t holder = 0;
        if (__atomic_compare_exchange_n(WORD(bank), &holder, own, 0, 5, 5))
            return;
        if (living(holder >> 32) != holder && __atomic_compare_exchange_n(WORD(bank), &holder, own, 0, 5, 5))
            return;
        nanosleep(&(struct timespec){.tv_nsec = BETWEEN_LOOKS}, NULL);
    }
}

static void give(struct bank *bank, int fd) { __atomic_store_n(WORD(bank), 0, 5); }
