/* verdict: core
   A plain answer: flock, which the kernel takes away from the dead. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    int file = open(argv[2], O_RDWR | O_CREAT, 0644);
    if (file < 0 || flock(file, LOCK_EX) < 0 || ftruncate(file, 4096) < 0) return 1;
    uint64_t *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (words == MAP_FAILED) return 1;
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
