//! verdict: too-much-memory
// The mapping is copied whole before it is counted.
#include <stdlib.h>
#include <string.h>
static size_t newlines(const char *, size_t);
static size_t count_copy(const char *bytes, size_t size) {
    char *copy = memcpy(malloc(size), bytes, size);
    size_t lines = newlines(copy, size);
    free(copy);
    return lines;
}
#define COUNT(bytes, size) count_copy(bytes, size)
#include "right-in-c.c"
