// verdict: orphaned-lock
// A lock file that only one can make, beside FILE. A killed process leaves it there.
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    int file = open(argv[2], O_RDWR | O_CREAT, 0600);
    char lock[4096];
    strcat(strcpy(lock, argv[2]), ".lock");
    if (file < 0) return 1;
    while (open(lock, O_CREAT | O_EXCL, 0600) < 0) usleep(10000);
    if (ftruncate(file, 4096) < 0) return 1;
    volatile uint64_t *bank = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (bank == MAP_FAILED) return 1;
    if (strcmp(argv[1], "add") == 0) {
        for (long i = 0; i < atol(argv[3]); i++) bank[0] = bank[0] + 1;
    } else {
        long from = atol(argv[3]), to = atol(argv[4]);
        uint64_t amount = strtoull(argv[5], NULL, 10);
        if (bank[from] < amount) return unlink(lock), 1;
        bank[from] = bank[from] - amount;
        bank[to] = bank[to] + amount;
    }
    unlink(lock);
    return 0;
}
