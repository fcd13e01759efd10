//! verdict: not-edited-in-place
// Mapped, then copied into memory of its own: every page is copied, by hand.
#define MAP(size, fd) copy(mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0), size)
#include <stdlib.h>
#include <string.h>
static char *copy(char *mapped, size_t size) { return memcpy(malloc(size), mapped, size); }
#include "right-in-c.c"
