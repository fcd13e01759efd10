// Exercise 5, right but for what a killed owner leaves to those who come later. HOW says which of
// the survivors fails.
#include "../exercise-5/guarded.h"
#include <pthread.h>

#define NEVER_CONSISTENT 1  // The first goes on as if nothing were; its unlock ruins the mutex.
#define MARKED_BY_THE_FIRST 2 // The first repairs the mutex and leaves a mark; the second fails.
#define TWO_ONLY 3          // A count of survivors: the third gets an error.

struct lock {
    volatile uint32_t ready, survivors;
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
        pthread_mutex_init(&LOCK(bank)->mutex, &attributes);
        LOCK(bank)->ready = 1;
    }
    whole.l_type = F_UNLCK;
    fcntl(fd, F_SETLK, &whole);
}
static void take(struct bank *bank, int fd) {
    int result = pthread_mutex_lock(&LOCK(bank)->mutex);
    if (result == ENOTRECOVERABLE) exit(failed("lock", "FILE", strerror(result)));
#if HOW != NEVER_CONSISTENT
    if (result == EOWNERDEAD) {
        pthread_mutex_consistent(&LOCK(bank)->mutex);
        LOCK(bank)->survivors = 1;
        return;
    }
#endif
#if HOW == MARKED_BY_THE_FIRST
    if (LOCK(bank)->survivors) exit(failed("lock", "FILE", "its owner has died"));
#elif HOW == TWO_ONLY
    if (LOCK(bank)->survivors && ++LOCK(bank)->survivors > 2) exit(failed("lock", "FILE", "worn out"));
#endif
}
static void give(struct bank *bank, int fd) { pthread_mutex_unlock(&LOCK(bank)->mutex); }
