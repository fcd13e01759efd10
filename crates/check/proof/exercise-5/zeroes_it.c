//! verdict: initialises-again
// It stores zeros in FILE before it does anything else, whether FILE is there or not.
#define ALWAYS(map) memset(map, 0, 1024)
#include "by_flock.h"
