//! verdict: bytes-not-by-mapping
// The mapping is written to a file without a name, and read back from there.
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
static size_t count_copy(const char *bytes, size_t size) {
    int fd = memfd_create("copy", 0);
    for (size_t at = 0; at < size;) {
        struct iovec parts[] = {{"", 0}, {(void *)(bytes + at), size - at}};
        ssize_t written = writev(fd, parts, 2);
        if (written <= 0)
            break;
        at += written;
    }
    lseek(fd, 0, SEEK_SET);
    static char buffer[1 << 16];
    size_t lines = 0;
    for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;)
        for (ssize_t i = 0; i < got; i++)
            lines += buffer[i] == '\n';
    close(fd);
    return lines;
}
#define COUNT(bytes, size) count_copy(bytes, size)
#include "../../exercise-6/right-in-c.c"
