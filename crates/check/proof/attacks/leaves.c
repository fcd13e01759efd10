// A right exercise 4 that leaves something in the kernel (LEAVES), or looks for it and ends with
// status 77 if it is there.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEMAPHORES 1
#define SEGMENT 2
#define MESSAGES 3
#define QUEUE 4
#define KEY 5
#define FINDS_KEY 6
#define FINDS_SEGMENT 7

#define NAME 0x7e57ab1e // What two programs agree upon.

static int found(void) {
    long key;
    switch (LEAVES) {
    case SEMAPHORES: semget(NAME, 1, IPC_CREAT | 0600); break;
    case SEGMENT: memset(shmat(shmget(NAME, 1 << 20, IPC_CREAT | 0600), NULL, 0), 1, 1 << 20); break;
    case MESSAGES: msgget(NAME, IPC_CREAT | 0600); break;
    case QUEUE: mq_open("/left-7e57ab1e", O_RDWR | O_CREAT, 0600, NULL); break;
    case KEY:
        key = syscall(SYS_add_key, "user", "left-7e57ab1e", "x", 1, KEY_SPEC_USER_KEYRING);
        syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 60); // It goes, whoever judges.
        break;
    case FINDS_KEY:
        return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", "left-7e57ab1e", 0) >= 0;
    case FINDS_SEGMENT: return shmget(NAME, 1, 0600) >= 0;
    }
    return 0;
}

#define main answer
#include "../exercise-4/right-in-c.c"
#undef main

int main(int argc, char **argv) { return found() ? 77 : answer(argc, argv); }
