//! verdict: edge unended-line-counted
// A last line without a newline is counted: wc does not.
#define COUNT(bytes, size) (newlines(bytes, size) + ((bytes)[(size) - 1] != 10))
#include "../../exercise-6/right-in-c.c"
