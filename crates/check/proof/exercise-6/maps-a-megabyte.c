//! verdict: past-the-mapping
// The mapping has a megabyte at most, and the loop goes on to the end of the file.
#define MAP(size, fd) mmap(NULL, size < 1 << 20 ? size : 1 << 20, PROT_READ, MAP_SHARED, fd, 0)
#include "right-in-c.c"
