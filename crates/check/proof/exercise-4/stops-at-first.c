//! verdict: wrong-output
// Only the first FROM is replaced.
#define EDIT(bytes, size, from, to)                                                               \
    char *at = memchr(bytes, from, size);                                                         \
    if (at && (from) != (to))                                                                     \
        *at = to;
#include "right-in-c.c"
