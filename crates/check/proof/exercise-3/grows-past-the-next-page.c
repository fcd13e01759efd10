//! verdict: wrong-size
// A page more, counted from the old size, which may be no multiple of it.
#define GROWN(slots) ((slots) * SLOT + page())
#include "right-in-c.c"
