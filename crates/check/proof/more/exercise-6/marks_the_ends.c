// verdict: private-copies
// A private mapping in which each newline becomes a NUL: every page is copied.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    long lines_of_all = 0, bytes_of_all = 0;
    if (argc < 3) return 2;
    for (int i = 2; i < argc; i++) {
        int file = open(argv[i], O_RDONLY);
        struct stat found;
        if (file < 0 || fstat(file, &found) < 0) return 1;
        long size = found.st_size, lines = 0;
        if (size > 0) {
            char *text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
            if (text == MAP_FAILED) return 1;
            char *end = text + size;
            for (char *at = text; (at = memchr(at, 10, end - at)); at++) {
                *at = 0;
                lines++;
            }
            munmap(text, size);
        }
        close(file);
        printf("%ld %ld %s\n", lines, size, argv[i]);
        lines_of_all += lines;
        bytes_of_all += size;
    }
    if (argc > 3) printf("%ld %ld total\n", lines_of_all, bytes_of_all);
    return 0;
}
