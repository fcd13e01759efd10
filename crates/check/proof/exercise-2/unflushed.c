//! verdict: unflushed-output
// The message stays in the buffer of stdio: _exit does not flush it.
#include <stdio.h>
#define fflush(stream) 0
#define main plain
#include "plain.c"
#undef main

int main(int argc, char **argv) { _exit(plain(argc, argv)); }
