//! verdict: too-many-mappings
// No mapping is released before the end.
#define UNMAP(bytes, size)
#include "right-in-c.c"
