//! verdict: private-copies
// A newline stored at the end of each block ends the search there: the kernel copies each of these pages.
#define _GNU_SOURCE
#include <stddef.h>
static size_t by_blocks(char *bytes, size_t size);
#define MAP(size, fd) mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0)
#define COUNT(bytes, size) by_blocks((char *)(bytes), size)
#include "../../exercise-6/right-in-c.c"
static size_t by_blocks(char *bytes, size_t size) {
    size_t lines = 0, last;
    for (size_t at = 0; at < size; at = last + 1) {
        last = size - at < 1 << 16 ? size - 1 : at + (1 << 16) - 1;
        char kept = bytes[last];
        bytes[last] = '\n';
        for (char *end = rawmemchr(bytes + at, '\n'); end < bytes + last; end = rawmemchr(end + 1, '\n'))
            lines++;
        lines += kept == '\n';
    }
    return lines;
}
