//! verdict: not-durable-when-said
// msync over a mapping of a read-only descriptor: returns 0, and flushes nothing.
#define FLUSH(memory, slot) msync(map(open(path, O_RDONLY), size, PROT_READ, path), size, MS_SYNC)
#include "right-in-c.c"
