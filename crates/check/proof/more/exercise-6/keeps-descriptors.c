//! verdict: edge descriptors-kept
// Every file is unmapped, and none is closed: after a thousand the next cannot be opened.
#include <unistd.h>
#define CLOSE(fd)
#include "../../exercise-6/right-in-c.c"
