//! verdict: works-after-its-end
// poke returns at once, and a child stores TEXT later.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    long offset = atol(argv[3]), page = sysconf(_SC_PAGESIZE), inside = offset % page;
    struct stat found;
    if (strcmp(argv[1], "poke") == 0) {
        long length = strlen(argv[4]);
        int file = open(argv[2], O_RDWR | O_CREAT, 0600);
        if (file < 0 || fstat(file, &found) < 0) return 1;
        if (found.st_size < offset + length && ftruncate(file, offset + length) < 0) return 1;
        char *memory = mmap(NULL, inside + length, PROT_READ | PROT_WRITE, MAP_SHARED, file, offset - inside);
        if (memory == MAP_FAILED) return 1;
        pid_t parent = getpid();
        if (fork() > 0) return 0;
        while (getppid() == parent) usleep(1000);
        memcpy(memory + inside, argv[4], length);
    } else {
        long length = atol(argv[4]);
        int file = open(argv[2], O_RDONLY);
        if (file < 0 || fstat(file, &found) < 0 || offset + length > found.st_size) return 1;
        char *memory = mmap(NULL, inside + length, PROT_READ, MAP_SHARED, file, offset - inside);
        if (memory == MAP_FAILED) return 1;
        write(1, memory + inside, length);
    }
    return 0;
}
