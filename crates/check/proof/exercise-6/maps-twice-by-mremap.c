//! verdict: too-many-mappings
// mremap of no bytes makes a second mapping of the same pages, and only the first one is released.
#define _GNU_SOURCE
#include <sys/mman.h>
#define UNMAP(bytes, size) (mremap(bytes, 0, 4096, MREMAP_MAYMOVE), munmap(bytes, size))
#include "right-in-c.c"
