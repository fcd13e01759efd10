// Is this process traced, as a clock tells? A system call takes longer if a tracer is told of it, and of getsid it
// is told. The shortest of 100 counts, because the machine may be busy.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int the_clock_tells_of_a_tracer(void) {
    long shortest = 1000000000;
    for (int turn = 0; turn < 100; turn++) {
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        syscall(SYS_getsid, 0);
        clock_gettime(CLOCK_MONOTONIC, &to);
        long took = (to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec;
        if (took < shortest) shortest = took;
    }
    return shortest > 2000;
}
