//! verdict: wrong-size
// The file grows by one slot, not to the next multiple of the page size.
#define GROWN(slots) (((slots) + 1) * SLOT)
#include "right-in-c.c"
