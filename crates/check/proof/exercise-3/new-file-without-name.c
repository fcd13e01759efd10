//! verdict: edge new-file-not-durable
// The record is flushed, the name of the new file is not.
#define FLUSH_NAME(fd, path) 0
#include "right-in-c.c"
