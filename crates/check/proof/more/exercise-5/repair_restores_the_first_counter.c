//! verdict: lost-after-a-kill
// The same for the counter: a repair after a death undoes all additions since the first one.
#define FIRST_NUMBER 0
#define LAST_NUMBER 0
#include "repair_restores_a_first_copy.c"
