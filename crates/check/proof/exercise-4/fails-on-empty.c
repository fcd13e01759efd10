//! verdict: edge empty-file
// mmap of no bytes is EINVAL, and an empty FILE is a failure for it.
#define IF_EMPTY
#include "right-in-c.c"
