// Exercise 4 with a call of mmap (MAP) that fails, and without a test for MAP_FAILED.
#define _GNU_SOURCE
#include <sys/mman.h>
#undef MAP_FAILED
#define MAP_FAILED ((void *)-2)
#include "../exercise-4/right-in-c.c"
