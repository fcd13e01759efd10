//! verdict: edge stops-at-failure
// The first file that fails ends the program.
#define FAILED return 1
#include "right-in-c.c"
