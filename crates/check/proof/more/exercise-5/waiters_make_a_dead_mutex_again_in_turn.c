//! verdict: two-inside-after-a-kill
// The same, and only one at a time makes it again. But the second one does not look whether the first has made it.
#define UNDER_A_LOCK
#include "waiters_make_a_dead_mutex_again.c"
