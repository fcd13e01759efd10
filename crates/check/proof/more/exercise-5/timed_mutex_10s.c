//! verdict: stops-waiting, waits
// The same with ten seconds: longer than the judge stands still by the clock.
#define SECONDS 10
#include "timed_mutex.c"
