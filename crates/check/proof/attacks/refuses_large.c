// A right exercise 5, but for an AMOUNT that does not fit into an int: then it does something else (DOES).
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define USAGE (fputs("usage: invalid AMOUNT\n", stderr), 2)
#define ERROR (fputs("error: transfer \"FILE\": invalid AMOUNT\n", stderr), 1)
#define TRAP (abort(), 1)

#define main answer
#include "../exercise-5/flock.c"
#undef main

int main(int argc, char **argv) {
    if (argc == 6 && strtoull(argv[5], NULL, 10) > INT_MAX) return DOES;
    return answer(argc, argv);
}
