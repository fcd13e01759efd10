//! verdict: old-bytes-show
// The bytes are stored without their end: what an older record left shows behind them.
#define STORE(memory, fd, slot, text) memcpy((memory) + (slot) * SLOT, text, strlen(text))
#include "right-in-c.c"
