//! verdict: wrong-output
// It takes a mebibyte for the most that a file has.
#define MAP(size, fd)                                                                             \
    (size = size < 1 << 20 ? size : 1 << 20,                                                      \
     mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0))
#include "right-in-c.c"
