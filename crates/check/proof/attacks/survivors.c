// Exercise 5, right but for what a killed owner leaves to those who come later. HOW says which of
// the survivors fails.
#include "../exercise-5/robust.h"

#define NEVER_CONSISTENT 1  // The first goes on as if nothing were; its unlock ruins the mutex.
#define MARKED_BY_THE_FIRST 2 // The first repairs the mutex and leaves a mark; the second fails.
#define TWO_ONLY 3          // A count of survivors: the third gets an error.

// How many have met the mutex after a death, above the lock.
#define SURVIVORS(bank) (((volatile uint32_t *)(bank)->lock)[64])

static void take(struct bank *bank, int fd) {
    int result = pthread_mutex_lock(&LOCK(bank)->mutex);
    if (result == ENOTRECOVERABLE) exit(failed("lock", "FILE", strerror(result)));
#if HOW != NEVER_CONSISTENT
    if (result == EOWNERDEAD) {
        pthread_mutex_consistent(&LOCK(bank)->mutex);
        SURVIVORS(bank) = 1;
        return;
    }
#endif
#if HOW == MARKED_BY_THE_FIRST
    if (SURVIVORS(bank)) exit(failed("lock", "FILE", "its owner has died"));
#elif HOW == TWO_ONLY
    if (SURVIVORS(bank) && ++SURVIVORS(bank) > 2) exit(failed("lock", "FILE", "worn out"));
#endif
}
