//! verdict: unaligned-msync
// The slot's own address: EINVAL for every slot that begins no page, and nobody looks.
#define FLUSH(memory, slot) (msync((memory) + (slot) * SLOT, SLOT, MS_SYNC), 0)
#include "right-in-c.c"
