//! verdict: said-before-flushing
// The line first, the flush after it: the order is the promise.
#define SAY(memory, fd, slots, count, path)                                                       \
    for (int i = 0; i < (count); i++) {                                                           \
        say((slots)[i]);                                                                          \
        must(FLUSH(memory, (slots)[i]) == 0 && FLUSH_NAME(fd, path) == 0, "msync", path);         \
    }
#include "right-in-c.c"
