// A right exercise 5 whose robust mutex is held by a thread that sleeps while another one adds.
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>

static void let_go(void);
#define pthread_mutex_unlock(mutex) let_go()
#include "../exercise-5/robust.h"
#undef pthread_mutex_unlock

static sem_t wanted, taken, over, given;

static void *hold(void *mapped) {
    struct bank *bank = mapped;
    for (;;) {
        while (sem_wait(&wanted)) {}
        if (pthread_mutex_lock(&LOCK(bank)->mutex) == EOWNERDEAD)
            pthread_mutex_consistent(&LOCK(bank)->mutex); // A transfer may stay half done.
        sem_post(&taken);
        while (sem_wait(&over)) {}
        pthread_mutex_unlock(&LOCK(bank)->mutex);
        sem_post(&given);
    }
    return NULL;
}
static void take(struct bank *bank, int fd) {
    static pthread_t holder; // One for the whole process.
    if (!holder && pthread_create(&holder, NULL, hold, bank)) exit(1);
    sem_post(&wanted);
    while (sem_wait(&taken)) {}
    for (int call = 0; call < 100; call++) getppid(); // Until then, the holder sleeps.
}
static void let_go(void) {
    sem_post(&over);
    while (sem_wait(&given)) {}
}
