//! verdict: edge too-many-processes
// Ten children count a part each of their parent's mapping, which they have inherited: that is one mapping.
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#define CHILDREN 10
#define SMALL 100000
static size_t newlines(const char *, size_t);
static size_t count_by_children(const char *bytes, size_t size) {
    if (size < SMALL)
        return newlines(bytes, size);
    size_t length = CHILDREN * sizeof(size_t), part = size / CHILDREN + 1, lines = 0;
    size_t *counts = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < CHILDREN; i++) {
        if (fork() == 0) {
            size_t from = i * part, to = from + part < size ? from + part : size;
            counts[i] = from < to ? newlines(bytes + from, to - from) : 0;
            _exit(0);
        }
    }
    while (wait(NULL) > 0) {
    }
    for (size_t i = 0; i < CHILDREN; i++)
        lines += counts[i];
    munmap(counts, length);
    return lines;
}
#define COUNT(bytes, size) count_by_children(bytes, size)
#include "../../exercise-6/right-in-c.c"
