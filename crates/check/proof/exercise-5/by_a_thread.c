//! verdict: lost-addition
// A thread does the adding, without a lock: threads are followed as processes are.
#define ADDS_ITSELF
#include "by_flock.h"
#include <pthread.h>

static void *in_a_thread(void *bank) {
    ((struct bank *)bank)->counter++;
    return NULL;
}
static void add_one(struct bank *bank, int fd) {
    static int begun; // One thread is enough to be followed.
    pthread_t thread;
    if (begun++) in_a_thread(bank);
    else if (pthread_create(&thread, NULL, in_a_thread, bank) == 0) pthread_join(thread, NULL);
}
