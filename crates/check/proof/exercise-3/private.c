//! verdict: private-mapping
// A private mapping: the record is in the program's own copy of the page.
#include <sys/mman.h>
#undef MAP_SHARED
#define MAP_SHARED MAP_PRIVATE
#include "plain.c"
