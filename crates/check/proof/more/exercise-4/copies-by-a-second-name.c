//! verdict: copied-without-need
// FILE gets a second name, and each page of a private mapping under this name is stored to.
#include <stddef.h>
static char *by_a_second_name(size_t, int);
#define MAP(size, fd) by_a_second_name(size, fd)
#include "../../exercise-4/right-in-c.c"

#define SECOND "SECOND"
#define PAGE ((size_t)sysconf(_SC_PAGESIZE))

static char *by_a_second_name(size_t size, int fd) {
    if (linkat(AT_FDCWD, "FILE", AT_FDCWD, SECOND, 0) == 0) {
        int second = open(SECOND, O_RDONLY);
        volatile char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, second, 0);
        for (size_t at = 0; bytes != MAP_FAILED && at < size; at += PAGE)
            bytes[at] = bytes[at];
        munmap((void *)bytes, size);
        close(second);
        unlink(SECOND);
    }
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
}
