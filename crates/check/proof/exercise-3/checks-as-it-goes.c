//! verdict: edge stored-before-refusing
// Each text is looked at when its turn comes: the fit ones before it are stored already.
#define IS_FIT(text) true
#define STORE(memory, fd, slot, text)                                                             \
    (must(*(text) && strlen(text) < SLOT && !strchr(text, '\n'), "a text for", path),         \
     strcpy((memory) + (slot) * SLOT, text))
#include "right-in-c.c"
