//! verdict: solved
// As by_futex.c, with the calls futex_wait and futex_wake, which are new in Linux 6.7. Where they are missing, it looks each
// millisecond.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FUTEX_WAKE_CALL 454
#define FUTEX_WAIT_CALL 455
#define SIZE_OF_32_BITS 2
#define ALL_BITS 0xffffffffUL

// The call takes the time at which the wait is over.
static void wait_while(volatile uint32_t *word, uint32_t value, struct timespec *time) {
    struct timespec over;
    clock_gettime(CLOCK_MONOTONIC, &over);
    over.tv_sec += time->tv_sec + (over.tv_nsec + time->tv_nsec) / 1000000000;
    over.tv_nsec = (over.tv_nsec + time->tv_nsec) % 1000000000;
    long done = syscall(FUTEX_WAIT_CALL, word, (unsigned long)value, ALL_BITS, SIZE_OF_32_BITS, &over, CLOCK_MONOTONIC);
    if (done < 0 && errno == ENOSYS) usleep(1000);
}
static void wake(volatile uint32_t *word) { syscall(FUTEX_WAKE_CALL, word, ALL_BITS, 1, SIZE_OF_32_BITS); }

#define OWN_FUTEX
#include "../../exercise-2/by_futex.c"
