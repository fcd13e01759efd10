// An interpreter that needs a file (LIBRARY), as Python needs its modules, and then does what a
// right exercise 4 does, whatever the script says.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#define main answer
#include "../exercise-4/right-in-c.c"
#undef main

int main(int argc, char **argv) {
    if (open(LIBRARY, O_RDONLY) < 0) {
        fputs("error: no library\n", stderr);
        return 1;
    }
    return answer(argc - 1, argv + 1);
}
