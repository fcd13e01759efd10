//! verdict: edge empty-file
// mmap of no bytes is EINVAL, and an empty file is a failure for it.
#define IS_EMPTY(size) 0
#include "../../exercise-6/right-in-c.c"
