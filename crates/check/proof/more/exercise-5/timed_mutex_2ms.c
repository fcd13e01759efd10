//! verdict: refused
// The same for two milliseconds. Whoever stands still after a death is passed, and what is lost then is not due to the
// death.
#define SECONDS 0
#define NANOSECONDS 2000000
#include "timed_mutex.c"
