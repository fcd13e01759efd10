//! verdict: not-durable-when-said
// The first page is flushed, whichever page the slot is in.
#define FLUSH(memory, slot) msync(memory, page(), MS_SYNC)
#include "right-in-c.c"
