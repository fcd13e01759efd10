//! verdict: edge stored-before-refusing
// Each text is looked at when its turn comes: the fit ones before it are stored already.
#define IS_FIT(text) true
#define STORE(memory, fd, slot, text)                                                             \
    (must(*(text) && strlen(text) < SLOT && !strchr(text, '\n'), "a text for", path),         \
     strncpy((memory) + (slot) * SLOT, text, SLOT))
#include "right-in-c.c"
