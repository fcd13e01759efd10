//! verdict: wrong-output
// It edits a private mapping, and prints another one.
#define MAP(size, fd) mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0)
#define EDIT(bytes, size, from, to)                                                               \
    {                                                                                             \
        char *first = bytes, *at = bytes;                                                         \
        for (; (at = memchr(at, from, size - (size_t)(at - first))); at++) *at = to;              \
        bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);                                  \
    }
#include "right-in-c.c"
