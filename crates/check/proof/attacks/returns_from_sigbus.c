// Exercise 6 with a handler of SIGBUS that returns: the access is repeated, for ever.
#define _GNU_SOURCE
#include <signal.h>
#include "../exercise-6/right-in-c.c"

static void notes_it(int signal) { (void)signal; }

__attribute__((constructor)) static void handle(void) { signal(SIGBUS, notes_it); }
