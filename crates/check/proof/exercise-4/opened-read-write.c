//! verdict: opened-for-writing
// The mapping is private, and still the file is opened for writing.
#define OPEN O_RDWR
#include "right-in-c.c"
