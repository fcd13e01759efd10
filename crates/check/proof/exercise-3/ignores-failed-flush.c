//! verdict: failed-flush-ignored
// The right call, and nobody looks whether it failed.
#define FLUSH(memory, slot)                                                                       \
    (msync((memory) + (slot) * SLOT / page() * page(), page(), MS_SYNC), 0)
#include "right-in-c.c"
