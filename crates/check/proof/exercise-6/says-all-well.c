//! verdict: edge failure-not-told
// A file that fails has its line on standard error, and the exit status is 0.
#define FAILED
#include "right-in-c.c"
