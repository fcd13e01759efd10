// So many threads of the user as whom root's judge runs programs (COUNT), until standard input ends.
#define _GNU_SOURCE
#include <grp.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *sleeps(void *none) {
    for (;;) pause();
}

int main(void) {
    pthread_attr_t small;
    pthread_t thread;
    char byte;
    setgroups(0, NULL);
    if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)) return 1;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN);
    for (int count = 0; count < COUNT; count++)
        if (pthread_create(&thread, &small, sleeps, NULL)) return 2;
    puts("all sleep");
    fflush(stdout);
    read(0, &byte, 1);
    return 0;
}
