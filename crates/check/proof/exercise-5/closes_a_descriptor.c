//! verdict: record-lock-ended
// It holds a record lock, and looks at FILE's size by a second descriptor: to close it ends the lock.
#include "guarded.h"

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    while (fcntl(fd, F_SETLKW, &whole) < 0) {}
    struct stat found;
    int again = open("FILE", O_RDONLY);
    fstat(again, &found);
    close(again);
}
static void give(struct bank *bank, int fd) {
    struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    fcntl(fd, F_SETLK, &whole);
}
