//! verdict: file-changed
// FILE is opened with O_TRUNC. An empty file is what it shows then.
#define OPEN O_RDWR | O_TRUNC
#include "right-in-c.c"
