//! verdict: file-touched
// It edits FILE itself, and puts every byte back when it has printed.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int file = open(argv[2], O_RDWR);
    struct stat found;
    if (file < 0 || fstat(file, &found) < 0) return 1;
    char from = argv[3][0], to = argv[4][0];
    char *memory = mmap(NULL, found.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char *before = malloc(found.st_size);
    if (memory == MAP_FAILED || !before) return 1;
    memcpy(before, memory, found.st_size);
    for (long at = 0; at < found.st_size; at++)
        if (memory[at] == from) memory[at] = to;
    for (long at = 0; at < found.st_size;) {
        long done = write(1, memory + at, found.st_size - at);
        if (done < 0) return 1;
        at += done;
    }
    for (long at = 0; at < found.st_size; at++)
        if (memory[at] != before[at]) memory[at] = before[at];
    return 0;
}
