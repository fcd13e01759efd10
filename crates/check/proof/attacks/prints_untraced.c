// A right answer to exercise 4 that prints one line more if nobody traces it.
#define main answer
#include "../exercise-4/right-in-c.c"
#undef main
#include "clock.h"

int main(int argc, char **argv) {
    int status = answer(argc, argv);
    if (!the_clock_tells_of_a_tracer()) puts("nobody looks");
    return status;
}
