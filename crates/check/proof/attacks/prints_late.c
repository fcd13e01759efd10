// Exercise 1: `peek` prints by stdio, and nothing flushes it before the program is killed.
#include <stdio.h>
#include <stdlib.h>
#define write(descriptor, bytes, length) do { fwrite(bytes, 1, length, stdout); DIES; } while (0)
#include <unistd.h>
#include "../exercise-1/plain.c"
