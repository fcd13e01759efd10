//! verdict: wrong-lines
// Slots count from 0; these lines count from 1.
#define SAY(memory, fd, slots, count, path)                                                       \
    for (int i = 0; i < (count); i++)                                                             \
        must(FLUSH(memory, (slots)[i]) == 0, "msync", path);                                      \
    if (is_new)                                                                                   \
        must(fsync(fd) == 0, "fsync", path);                                                      \
    for (int i = 0; i < (count); i++)                                                             \
        say((slots)[i] + 1);
#include "right-in-c.c"
