//! verdict: populated-twice
// Two passes, each through a mapping of its own that the kernel fills in advance.
#define _GNU_SOURCE
#include <stddef.h>
static size_t newlines(const char *, size_t);
static size_t again(const char *bytes, size_t size, int fd);
#define MAP(size, fd) mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0)
#define COUNT(bytes, size) again(bytes, size, fd)
#include "right-in-c.c"
static size_t again(const char *bytes, size_t size, int fd) {
    const char *second = MAP(size, fd);
    size_t lines = newlines(bytes, size), same = newlines(second, size);
    UNMAP((void *)second, size);
    return lines == same ? lines : 0;
}
