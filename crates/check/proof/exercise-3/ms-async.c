//! verdict: not-durable-when-said
// MS_ASYNC where MS_SYNC belongs: it returns at once and does nothing.
#define FLUSH(memory, slot) msync((memory) + (slot) * SLOT / page() * page(), page(), MS_ASYNC)
#include "right-in-c.c"
