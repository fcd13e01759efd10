//! verdict: bytes-not-by-mapping
// read into memory of its own: the very thing that the mapping replaces.
#include <stdlib.h>
#include <unistd.h>
static char *read_all(int fd, size_t size) {
    char *bytes = malloc(size);
    for (size_t done = 0; done < size;)
        done += (size_t)read(fd, bytes + done, size - done);
    return bytes;
}
#define MAP(size, fd) read_all(fd, size)
#define UNMAP(bytes, size) free(bytes)
#include "right-in-c.c"
