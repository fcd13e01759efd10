//! verdict: solved
// Built differently: a POSIX record lock on the bytes that a call needs.
#include "guarded.h"

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    struct flock first = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1024, .l_len = 1};
    while (fcntl(fd, F_SETLKW, &first) < 0) {}
}
static void give(struct bank *bank, int fd) {
    struct flock first = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = 1024, .l_len = 1};
    fcntl(fd, F_SETLK, &first);
}
