//! verdict: bytes-not-by-mapping
// pwrite instead of a store, then fsync: durable, but nothing was mapped.
#define STORE(memory, fd, slot, text) pwrite(fd, text, strlen(text) + 1, (off_t)((slot) * SLOT))
#include "right-in-c.c"
