//! verdict: lost-addition
// Loads through one mapping and stores through another, which has been moved: it is one memory.
#define _GNU_SOURCE
#define ADDS_ITSELF
#include "../../exercise-5/by_flock.h"

static void add_one(struct bank *bank, int fd) {
    void *other = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    void *place = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    other = mremap(other, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place);
    if (other == MAP_FAILED || mprotect(other, 4096, PROT_READ | PROT_WRITE) < 0)
        exit(failed("map", "again", strerror(errno)));
    ((struct bank *)other)->counter = bank->counter + 1;
    munmap(other, 4096);
}
