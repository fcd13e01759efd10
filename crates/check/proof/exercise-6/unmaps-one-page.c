//! verdict: too-many-mappings
// It gives back the first page of each mapping. The others stay.
#define UNMAP(bytes, size) munmap(bytes, 4096)
#include "right-in-c.c"
