//! verdict: solved
// Built differently: a flock lock around everything. The kernel gives it back when its holder dies.
#include "by_flock.h"
