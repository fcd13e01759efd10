//! verdict: too-much-memory
// The copy is in shared memory without a name, which the kernel does not count as private.
#define _GNU_SOURCE
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
static size_t newlines(const char *, size_t);
static size_t count_copy(const char *bytes, size_t size) {
    char *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memcpy(copy, bytes, size);
    size_t lines = newlines(copy, size);
    munmap(copy, size);
    return lines;
}
#define COUNT(bytes, size) count_copy(bytes, size)
#include "../../exercise-6/right-in-c.c"
