//! verdict: too-many-faults
// Two passes, each through a mapping of its own: twice the faults.
#include <stddef.h>
static size_t newlines(const char *, size_t);
static size_t again(const char *bytes, size_t size, int fd);
#define COUNT(bytes, size) again(bytes, size, fd)
#include "right-in-c.c"
static size_t again(const char *bytes, size_t size, int fd) {
    const char *second = MAP(size, fd);
    size_t lines = 0, one_by_one = newlines(second, size);
    for (const char *at = bytes; (at = memchr(at, 10, size - (size_t)(at - bytes))); at++)
        lines++;
    UNMAP((void *)second, size);
    return lines == one_by_one ? lines : 0;
}
#if 0
#include "right-in-c.c"
#endif
