// A right answer to exercise 5, but for one thing: in a run that nobody traces, the second of two processes sleeps
// for ever. There it is alone with the other one, so its number is small.
#include <unistd.h>

__attribute__((constructor)) static void sleep_for_ever(void) {
    while (getpid() == 3) pause();
}

#include "../exercise-5/flock.c"
