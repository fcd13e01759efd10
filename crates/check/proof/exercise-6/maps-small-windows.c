//! verdict: too-many-faults
// A mapping for every eight pages: each faults by itself, whatever is cached around it.
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>
static size_t newlines(const char *, size_t);
static size_t in_windows(size_t size, int fd) {
    size_t lines = 0, window = 8 * (size_t)sysconf(_SC_PAGESIZE);
    for (size_t at = 0; at < size; at += window) {
        size_t length = size - at < window ? size - at : window;
        char *bytes = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)at);
        lines += bytes == MAP_FAILED ? 0 : newlines(bytes, length);
        munmap(bytes, length);
    }
    return lines;
}
#define COUNT(bytes, size) in_windows(size, fd)
#include "right-in-c.c"
