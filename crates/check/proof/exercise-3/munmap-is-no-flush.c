//! verdict: not-durable-when-said
// munmap and close: the way to the page goes, the page stays dirty.
#define FLUSH(memory, slot) munmap((memory) + (slot) * SLOT / page() * page(), page())
#include "right-in-c.c"
