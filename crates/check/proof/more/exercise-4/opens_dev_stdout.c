//! verdict: core
// A plain answer that opens its standard output by its name.
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(int argc, char **argv) {
    int file = open(argv[2], O_RDONLY);
    struct stat found;
    if (file < 0 || fstat(file, &found) < 0) return 1;
    FILE *output = fopen("/dev/stdout", "w");
    if (!output) {
        perror("/dev/stdout");
        return 1;
    }
    char from = argv[3][0], to = argv[4][0];
    char *memory = mmap(NULL, found.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (memory == MAP_FAILED) return 1;
    for (long at = 0; at < found.st_size; at++)
        if (memory[at] == from) memory[at] = to;
    if (fwrite(memory, 1, found.st_size, output) != found.st_size) return 1;
    return fclose(output) != 0;
}
