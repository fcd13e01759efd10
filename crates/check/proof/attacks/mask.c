// A right answer (ANSWER) that fails if it begins with a signal blocked.
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>

__attribute__((constructor)) static void look(void) {
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    for (int signal = 1; signal < NSIG; signal++)
        if (sigismember(&blocked, signal) == 1) __builtin_trap();
}
#include ANSWER
