//! verdict: flushed-again
// Tries a flush that has failed once more, and believes the second one.
#define FLUSH(memory, slot)                                                                       \
    (msync((memory) + (slot) * SLOT / page() * page(), page(), MS_SYNC) &&                         \
     msync((memory) + (slot) * SLOT / page() * page(), page(), MS_SYNC))
#include "right-in-c.c"
