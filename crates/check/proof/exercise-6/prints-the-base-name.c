//! verdict: wrong-count
// Of a path, only the last part is printed.
#define SAY(lines, bytes, name)                                                                   \
    printf("%zu %zu %s\n", lines, bytes, strrchr(name, '/') ? strrchr(name, '/') + 1 : name)
#include "right-in-c.c"
