//! verdict: wrong-output
// Whole pages are printed: the last one has zeros behind the end.
#define EDIT(bytes, size, from, to)                                                               \
    size = (size + 4095) / 4096 * 4096;                                                           \
    for (size_t at = 0; at < size; at++)                                                          \
        if (bytes[at] == (from) && (from) != (to))                                                \
            bytes[at] = to;
#include "right-in-c.c"
