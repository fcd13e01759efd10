//! verdict: solved
// The note of the old balances is removed when the transfer is done, and when it has been used: a transfer that was
// killed is taken back, and no other one.
#define REMOVES_THE_NOTE
#include "note_stays_after_the_transfer.c"
