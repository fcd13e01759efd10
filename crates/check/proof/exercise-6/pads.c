//! verdict: wrong-count
// The numbers stand in columns, as `wc` prints them.
#define SAY(lines, bytes, name) printf("%7zu %7zu %s\n", lines, bytes, name)
#include "right-in-c.c"
