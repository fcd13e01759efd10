//! verdict: edge stops-at-failure
// The first file that fails ends the program.
#define FAILED return 1
#include "../../exercise-6/right-in-c.c"
