//! verdict: edge wrong-call-taken
// The first byte of a longer FROM or TO is taken for the whole.
#define IS_BYTE(text) (*(text))
#include "right-in-c.c"
