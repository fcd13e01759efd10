//! verdict: half-made-file
// It makes FILE with O_EXCL. A process that comes before FILE has its size takes FILE for a broken one.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct stat found;
    if (argc < 4) return 2;
    int fd = open(argv[2], O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd >= 0) ftruncate(fd, 4096);
    else fd = open(argv[2], O_RDWR);
    if (fd < 0 || fstat(fd, &found) < 0 || found.st_size != 4096) {
        fprintf(stderr, "error: map %s: not a file of 4096 bytes\n", argv[2]);
        return 1;
    }
    uint64_t *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (words == MAP_FAILED || flock(fd, LOCK_EX) < 0) return 1;
    if (strcmp(argv[1], "add") == 0) {
        for (long i = atol(argv[3]); i > 0; i--) words[0]++;
        return 0;
    }
    uint64_t amount = strtoull(argv[5], NULL, 10);
    int from = atoi(argv[3]), to = atoi(argv[4]);
    if (words[from] < amount) return 1;
    words[from] -= amount;
    words[to] += amount;
    return 0;
}
