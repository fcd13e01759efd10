//! verdict: prints-after-its-end
// A child edits and prints, and its parent does not wait for it.
#define EDIT(bytes, size, from, to)                                                               \
    {                                                                                             \
        if (fork() != 0) exit(0);                                                                 \
        usleep(100000);                                                                           \
        char *first = bytes, *at = bytes;                                                         \
        for (; (at = memchr(at, from, size - (size_t)(at - first))); at++) *at = to;              \
    }
#include "right-in-c.c"
