//! verdict: edge copied-though-equal
// Without a look at FROM equal to TO: stores that change nothing, and copy all the same.
#define EDIT(bytes, size, from, to)                                                               \
    for (volatile char *at = bytes; at < bytes + size; at++)                                      \
        if (*at == (from))                                                                        \
            *at = to;
#include "right-in-c.c"
