//! verdict: too-many-faults
// MADV_RANDOM: the kernel brings no neighbours, every page faults by itself.
#define MAP(size, fd) advised(mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0), size)
#include <sys/mman.h>
static char *advised(char *bytes, size_t size) {
    return bytes == MAP_FAILED || madvise(bytes, size, MADV_RANDOM) == 0 ? bytes : MAP_FAILED;
}
#include "right-in-c.c"
