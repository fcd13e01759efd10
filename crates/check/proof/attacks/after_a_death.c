// Exercise 5 with a robust mutex, right but for what it does (DOES) when the mutex's owner has died.
#include "does.h"
#include "../exercise-5/robust.h"

static void take(struct bank *bank, int fd) {
    if (pthread_mutex_lock(&LOCK(bank)->mutex) != EOWNERDEAD) return;
    pthread_mutex_consistent(&LOCK(bank)->mutex);
    DOES();
}
