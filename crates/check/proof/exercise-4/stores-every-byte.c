//! verdict: copied-without-need
// Every byte is stored, changed or not: every page is copied.
#define EDIT(bytes, size, from, to)                                                               \
    for (volatile char *at = bytes; at < bytes + size; at++)                                      \
        *at = *at == (from) ? (to) : *at;
#include "right-in-c.c"
