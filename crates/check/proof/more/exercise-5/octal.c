//! verdict: edge not-decimal
// strtoull with base 0 reads octal and hexadecimal numbers, too.
#define ANY_BASE
#include "../../exercise-5/by_flock.h"
