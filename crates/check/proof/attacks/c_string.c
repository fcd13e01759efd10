// Exercise 4, right but for zeros: it takes FILE for a C string, which ends at the first of them.
#include <string.h>
#define EDIT(bytes, size, from, to)                                                               \
    if ((from) != (to))                                                                           \
        for (char *at = bytes, *end = bytes + strnlen(bytes, size);                               \
             (at = memchr(at, from, (size_t)(end - at))); at++)                                   \
            *at = to;
#include "../exercise-4/right-in-c.c"
