/* verdict: count-overflows
   The total is an `int`: it ends at 2 GiB. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int all_lines = 0, all_bytes = 0;
    for (int i = 2; i < argc; i++) {
        int file = open(argv[i], O_RDONLY);
        struct stat found;
        if (file < 0 || fstat(file, &found) < 0) return 1;
        char *memory = mmap(NULL, found.st_size, PROT_READ, MAP_SHARED, file, 0);
        if (memory == MAP_FAILED) return 1;
        long lines = 0;
        for (long at = 0; at < found.st_size; at++) lines += memory[at] == '\n';
        printf("%ld %ld %s\n", lines, (long)found.st_size, argv[i]);
        munmap(memory, found.st_size);
        close(file);
        all_lines += lines;
        all_bytes += found.st_size;
    }
    if (argc > 3) printf("%d %d total\n", all_lines, all_bytes);
    return 0;
}
