//! verdict: populated
// MADV_POPULATE_WRITE on a private mapping copies every page, before the first store.
#include <stddef.h>
static void *populated(size_t size, int fd);
#define MAP(size, fd) populated(size, fd)
#include "right-in-c.c"
static void *populated(size_t size, int fd) {
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    madvise(bytes, size, 23 /* MADV_POPULATE_WRITE */);
    return bytes;
}
