//! verdict: no-lock-after-a-kill
// A robust mutex, and nobody looks at what `pthread_mutex_lock` returns: after a death the mutex is unlocked
// without `pthread_mutex_consistent`, and from then on it locks nothing.
#define _GNU_SOURCE
#include "robust.h"

static void take(struct bank *bank, int fd) { pthread_mutex_lock(&LOCK(bank)->mutex); }
