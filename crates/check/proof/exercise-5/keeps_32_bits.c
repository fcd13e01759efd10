//! verdict: wrong-balance
// Of a number, it keeps 32 bits, as a variable of the type `unsigned int` does.
#define KEEPS_32_BITS
#include "by_flock.h"
