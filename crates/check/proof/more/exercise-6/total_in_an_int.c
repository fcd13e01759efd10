//! verdict: edge count-overflows
// The total is an `int`, which ends at 2 GiB.
#define SUM(number) (size_t)(int)(number)
#include "../../exercise-6/right-in-c.c"
