//! verdict: wrong-count
// The name is given to `printf` as a format.
#define SAY(lines, bytes, name)                                                                   \
    do {                                                                                          \
        printf("%zu %zu ", lines, bytes);                                                         \
        printf(name);                                                                             \
        puts("");                                                                                 \
    } while (0)
#include "right-in-c.c"
