// Exercise 5 with a flock lock, for which a process tries again and again, for TIME seconds by this CLOCK. Then it does
// what OVER says.
#include "../exercise-5/guarded.h"
#include <sys/file.h>
#include <sys/time.h>
#include <time.h>

enum clock { TIME_CALL, TIME_OF_DAY, MONOTONIC, COARSE };
enum over { GOES_ON, FAILS, TRIES_AGAIN };

static long now(void) {
    struct timeval day;
    struct timespec time_now;
    switch (CLOCK) {
    case TIME_CALL: return time(NULL);
    case TIME_OF_DAY: gettimeofday(&day, NULL); return day.tv_sec;
    case MONOTONIC: clock_gettime(CLOCK_MONOTONIC, &time_now); return time_now.tv_sec;
    case COARSE: clock_gettime(CLOCK_REALTIME_COARSE, &time_now); return time_now.tv_sec;
    }
}

// Sleeps until a moment of the clock, which another one has told.
static void nap(void) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    long until = now() + TIME;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (now() < until) {
            nap();
            continue;
        }
        if (OVER == GOES_ON) return;
        if (OVER == FAILS) exit(failed("lock", "FILE", "another process holds the lock for too long"));
        until = now() + TIME;
    }
}
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }
