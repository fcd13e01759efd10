//! verdict: unflushed-output
// peek prints by stdio and ends by _exit: nothing flushes what it has printed.
#include <stdio.h>
#include <unistd.h>
#define write(descriptor, bytes, length) (fwrite(bytes, 1, length, stdout), _exit(0))
#include "plain.c"
