// A right answer to exercise 5, but for one thing: in a run that nobody traces, the second of two processes fails
// at once. There it is alone with the other one, so its number is small.
#include <unistd.h>

__attribute__((constructor)) static void end(void) {
    if (getpid() == 3) _exit(1);
}

#include "../exercise-5/flock.c"
