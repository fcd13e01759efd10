//! verdict: edge unflushed-output
// After a failure it ends by _exit, which does not flush what it has printed.
#include <stdio.h>
#include <unistd.h>
#define fflush(stream) (all_well ? (fflush)(stream) : (_exit(1), 0))
#include "../../exercise-6/right-in-c.c"
