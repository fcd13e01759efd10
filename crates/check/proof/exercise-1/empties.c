//! verdict: shrinks
// O_TRUNC empties FILE before its length is looked at.
#include <fcntl.h>
#undef O_CREAT
#define O_CREAT 0100 | O_TRUNC
#include "plain.c"
