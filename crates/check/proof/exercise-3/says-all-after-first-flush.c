//! verdict: not-durable-when-said
// The first record is flushed; the lines of all follow, whatever page the others are in.
#define SAY(memory, fd, slots, count, path)                                                       \
    must(FLUSH(memory, (slots)[0]) == 0, "msync", path);                                          \
    if (is_new)                                                                                   \
        must(fsync(fd) == 0, "fsync", path);                                                      \
    for (int i = 0; i < (count); i++)                                                             \
        say((slots)[i]);
#include "right-in-c.c"
