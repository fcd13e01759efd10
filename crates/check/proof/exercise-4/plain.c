/* verdict: core
   A plain answer: it maps the whole file, privately. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    int file = open(argv[2], O_RDONLY);
    struct stat found;
    if (file < 0 || fstat(file, &found) < 0) return 1;
    char *memory = mmap(NULL, found.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (memory == MAP_FAILED) return 1;
    for (long i = 0; i < found.st_size; i++)
        if (memory[i] == argv[3][0]) memory[i] = argv[4][0];
    fwrite(memory, 1, found.st_size, stdout);
    return 0;
}
