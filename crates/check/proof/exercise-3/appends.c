//! verdict: wrong-slot
// Behind the last used slot, not into the lowest free one.
#define FIRST(memory, size)                                                                       \
    ({                                                                                            \
        size_t slot = (size) / SLOT;                                                              \
        while (slot && !(memory)[(slot - 1) * SLOT])                                              \
            slot--;                                                                               \
        slot;                                                                                     \
    })
#include "right-in-c.c"
