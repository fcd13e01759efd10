//! verdict: looks-too-often
// A right lock, but a waiter looks up the holder after each millisecond of sleep. Each look is four system calls.
#define BETWEEN_LOOKS 1000000
#include "holder_in_proc.c"
