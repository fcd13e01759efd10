//! verdict: edge list-wrong
// The text is taken for a C string: a slot without a NUL runs on into the next.
#define PRINT(slot) printf("%s\n", slot)
#include "right-in-c.c"
