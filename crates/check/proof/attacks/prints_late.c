// Exercise 1: `peek` prints by stdio, and nothing flushes it before the program is killed.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#define write(descriptor, bytes, length) do { fwrite(bytes, 1, length, stdout); DIES; } while (0)
#include "../exercise-1/plain.c"
