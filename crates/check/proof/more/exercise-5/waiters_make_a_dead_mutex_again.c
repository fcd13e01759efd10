//! verdict: two-inside-after-a-kill
// A robust mutex that is given up after its owner's death: each process that waited for it wakes up with ENOTRECOVERABLE
// and makes it again. The second of them makes it again while the first is inside.
#define _GNU_SOURCE
#include "../../exercise-5/robust.h"

static void make_again(struct bank *bank, int fd) {
#ifdef UNDER_A_LOCK
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    while (fcntl(fd, F_SETLKW, &whole) < 0) {}
    LOCK(bank)->ready = 0;
    whole.l_type = F_UNLCK;
    fcntl(fd, F_SETLK, &whole);
#else
    LOCK(bank)->ready = 0;
#endif
    prepare(bank, fd);
}

static void take(struct bank *bank, int fd) {
    int error;
    while ((error = pthread_mutex_lock(&LOCK(bank)->mutex)) != 0) {
        if (error == EOWNERDEAD) pthread_mutex_unlock(&LOCK(bank)->mutex); // Not made consistent: it is given up.
        make_again(bank, fd);
    }
}
