//! verdict: bytes-not-by-mapping
// Memory of its own, filled by read: nothing of FILE was mapped.
#define MAP(size, fd) read_all(fd, size)
#include <stdlib.h>
#include <unistd.h>
static char *read_all(int fd, size_t size) {
    char *bytes = malloc(size);
    for (size_t done = 0; done < size;)
        done += (size_t)read(fd, bytes + done, size - done);
    return bytes;
}
#include "right-in-c.c"
