//! verdict: edge waits-for-a-fifo
// open of a FIFO waits for a writer: nobody looked what it is.
#define OPEN O_RDONLY
#include "right-in-c.c"
