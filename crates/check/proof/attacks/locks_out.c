// A right exercise 4 that then closes the judge out (HOW): of its work directory or of the
// directories above it.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define MODE_0 1    // The work directory gets mode 0.
#define ABOVE 2     // The directory above it gets mode 0.
#define ALL_ABOVE 3 // All directories above it get mode 0, as far as they can be walked.
#define DEEP 4      // A thousand directories, one in the other, all of mode 0.
#define NESTED 5    // A directory of mode 0 in which there is a file of mode 0.
#define RENAMED 6   // The work directory gets another name.

static void lock_out(void) {
    char here[4096], path[64] = "..";
    getcwd(here, sizeof here);
    switch (HOW) {
    case MODE_0: chmod(".", 0); break;
    case ABOVE: chmod("..", 0); break;
    case ALL_ABOVE: chmod("../..", 0), chmod("..", 0); break;
    case DEEP:
        for (int depth = 0; depth < 1000; depth++) mkdir("d", 0700), chdir("d");
        for (int depth = 0; depth < 1000; depth++) chmod(".", 0), chdir("..");
        chdir(here);
        chmod("d", 0);
        break;
    case NESTED:
        mkdir("d", 0700), mkdir("d/d", 0700);
        close(open("d/d/f", O_CREAT | O_WRONLY, 0));
        chmod("d/d", 0), chmod("d", 0);
        break;
    case RENAMED: rename(here, "../renamed"), symlink("/etc", here); break;
    }
}

#define main answer
#include "../exercise-4/right-in-c.c"
#undef main

int main(int argc, char **argv) {
    int status = answer(argc, argv);
    lock_out();
    return status;
}
