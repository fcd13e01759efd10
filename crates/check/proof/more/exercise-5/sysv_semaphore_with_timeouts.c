//! verdict: solved, waits
// A System V semaphore, which the kernel gives back when its holder dies. A waiter waits 5 ms in each call. It takes every
// failure but EAGAIN for an error: no signal comes, so no call returns EINTR.
#define _GNU_SOURCE // For semtimedop.
#include "../../exercise-5/guarded.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <time.h>

static int set;

static void prepare(struct bank *bank, int fd) {
    struct stat file;
    if (fstat(fd, &file) < 0 || (set = semget((key_t)file.st_ino | 0x40000000, 1, IPC_CREAT | 0600)) < 0) {
        perror("semget");
        exit(1);
    }
}

static void take(struct bank *bank, int fd) {
    struct sembuf free_and_taken[2] = {{0, 0, 0}, {0, 1, SEM_UNDO}};
    while (semtimedop(set, free_and_taken, 2, &(struct timespec){.tv_nsec = 5000000}) < 0)
        if (errno != EAGAIN) {
            perror("semtimedop");
            exit(1);
        }
}

static void give(struct bank *bank, int fd) { semop(set, &(struct sembuf){0, -1, SEM_UNDO}, 1); }
