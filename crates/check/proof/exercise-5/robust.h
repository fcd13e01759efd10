// The lock of several answers: a robust, process-shared mutex in the file, made once under a record
// lock. `take` is the answer's own: it says what happens after a death. With PROTOCOL, the mutex has
// that protocol.
#include "guarded.h"
#include <pthread.h>

struct lock {
    volatile uint32_t ready;
    pthread_mutex_t mutex;
};
#define LOCK(bank) ((struct lock *)(bank)->lock)

static void prepare(struct bank *bank, int fd) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    while (fcntl(fd, F_SETLKW, &whole) < 0) {}
    if (!LOCK(bank)->ready) {
        pthread_mutexattr_t attributes;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
#ifdef PROTOCOL
        pthread_mutexattr_setprotocol(&attributes, PROTOCOL);
#endif
        pthread_mutex_init(&LOCK(bank)->mutex, &attributes);
        LOCK(bank)->ready = 1; // Last: one who is killed before leaves "no lock made yet".
    }
    whole.l_type = F_UNLCK;
    fcntl(fd, F_SETLK, &whole);
}
static void give(struct bank *bank, int fd) { pthread_mutex_unlock(&LOCK(bank)->mutex); }
