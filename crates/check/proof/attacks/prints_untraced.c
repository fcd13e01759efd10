// A right answer to exercise 4 that prints one line more if nobody traces it. It asks
// the clock: a system call takes longer if a tracer is told of it. The shortest of 100 counts.
#define main answer
#include "../exercise-4/right-in-c.c"
#undef main
#include <sys/syscall.h>
#include <time.h>

static int is_traced(void) {
    long shortest = 1000000000;
    for (int turn = 0; turn < 100; turn++) {
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        syscall(SYS_getppid);
        clock_gettime(CLOCK_MONOTONIC, &to);
        long took = (to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec;
        if (took < shortest) shortest = took;
    }
    return shortest > 2000;
}

int main(int argc, char **argv) {
    int status = answer(argc, argv);
    if (!is_traced()) puts("nobody looks");
    return status;
}
