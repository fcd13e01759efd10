// Exercise 5 with a robust mutex, right but for what it does (DOES) when the mutex's owner has died.
#include "does.h"
#include "../exercise-5/guarded.h"

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
        pthread_mutex_init(&LOCK(bank)->mutex, &attributes);
        LOCK(bank)->ready = 1;
    }
    whole.l_type = F_UNLCK;
    fcntl(fd, F_SETLK, &whole);
}
static void take(struct bank *bank, int fd) {
    if (pthread_mutex_lock(&LOCK(bank)->mutex) != EOWNERDEAD) return;
    pthread_mutex_consistent(&LOCK(bank)->mutex);
    DOES();
}
static void give(struct bank *bank, int fd) { pthread_mutex_unlock(&LOCK(bank)->mutex); }
