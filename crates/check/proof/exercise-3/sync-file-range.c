//! verdict: not-durable-when-said
// sync_file_range writes pages; neither the size nor the disk's own cache.
#define FLUSH(memory, slot)                                                                       \
    sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER)
#include "right-in-c.c"
