//! verdict: edge unfit-text-taken
// A text of 64 bytes is taken: its end runs into the next slot.
#define IS_FIT(text) (*(text) && strlen(text) <= SLOT && !strchr(text, '\n'))
#include "right-in-c.c"
