//! verdict: file-changed
// A shared mapping: what it edits is FILE itself.
#define OPEN O_RDWR
#define MAP(size, fd) mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
#include "right-in-c.c"
