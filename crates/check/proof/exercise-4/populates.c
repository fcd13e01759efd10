//! verdict: populated
// MAP_POPULATE on a writable private mapping copies every page at once.
#define MAP(size, fd) mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, fd, 0)
#include "right-in-c.c"
