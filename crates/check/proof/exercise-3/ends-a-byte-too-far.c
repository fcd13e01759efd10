//! verdict: other-bytes-changed
// Each slot is closed with a newline, one byte too far: it is the next slot's first.
#define STORE(memory, fd, slot, text)                                                             \
    (strncpy((memory) + (slot) * SLOT, text, SLOT), (memory)[((slot) + 1) * SLOT] = '\n')
#include "right-in-c.c"
