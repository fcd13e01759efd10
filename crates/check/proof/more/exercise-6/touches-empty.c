//! verdict: edge died-of-a-signal
// A page is mapped for an empty file, and touched: SIGBUS.
#define IS_EMPTY(size) 0
#define MAP(size, fd) mmap(NULL, (size) + 1, PROT_READ, MAP_SHARED, fd, 0)
#define COUNT(bytes, size) (*(volatile const char *)(bytes), newlines(bytes, size))
#include "../../exercise-6/right-in-c.c"
