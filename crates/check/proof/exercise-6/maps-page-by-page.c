//! verdict: too-many-faults
// A mapping for every page: each of them faults by itself, whatever is cached around it.
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>
static size_t newlines(const char *, size_t);
static size_t page_by_page(size_t size, int fd) {
    size_t lines = 0, page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t at = 0; at < size; at += page) {
        size_t length = size - at < page ? size - at : page;
        char *bytes = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)at);
        lines += bytes == MAP_FAILED ? 0 : newlines(bytes, length);
        munmap(bytes, length);
    }
    return lines;
}
#define COUNT(bytes, size) page_by_page(size, fd)
#include "right-in-c.c"
