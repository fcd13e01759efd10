//! verdict: not-durable-when-said
// Nothing is flushed: the kernel will do it in half a minute, if the power lasts.
#define FLUSH(memory, slot) 0
#include "right-in-c.c"
