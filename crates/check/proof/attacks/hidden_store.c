// Exercise 5 without a lock around the addition. HOW says in which way it hides that: by a store
// that the kernel makes, by a mapping that became writable unseen, or by forbidding to look.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

#define BY_WRITEV 1     // process_vm_writev stores.
#define BY_PIPE 2       // read from a pipe stores.
#define BY_SOCKET 3     // recv stores.
#define BY_READV 4      // readv from a pipe stores, in two pieces.
#define PKEY 5          // pkey_mprotect makes the mapping writable.
#define COPIED 6        // mremap makes a second mapping of the same page.
#define REMAPPED 7      // remap_file_pages maps again.
#define FIXED 8         // A second mmap lays the mapping over a first one that was not writable.
#define NOT_DUMPABLE 9  // /proc/PID is root's.
#define LINKED 10       // FILE is mapped by another name.
#define BY_MESSAGE 12    // recvmsg stores.
#define BY_ARGUMENT 13   // get_robust_list stores where an argument points to.
#define BESIDE_A_READ 14 // A thread waits in read, to store in FILE, while another one adds.
#define BY_MESSAGES 15   // recvmmsg: the judge does not look where it stores.
#define IF_TRACED 11    // It locks if it is traced.

static void *map_file(void *where, size_t size, int kind, int flags, int fd, off_t offset) {
#if HOW == PKEY
    char *place = mmap(where, size, PROT_READ, flags, fd, offset);
    if (place == MAP_FAILED || syscall(SYS_pkey_mprotect, place, size, kind, -1)) return MAP_FAILED;
    return place;
#elif HOW == COPIED
    char *place = mmap(where, size, kind, flags, fd, offset);
    return mremap(place, 0, size, MREMAP_MAYMOVE);
#elif HOW == REMAPPED
    char *place = mmap(where, 2 * size, kind, flags, fd, offset);
    return remap_file_pages(place + size, size, 0, 0, 0) ? MAP_FAILED : place + size;
#elif HOW == FIXED
    char *place = mmap(where, size, PROT_READ, flags, fd, offset);
    return mmap(place, size, kind, flags | MAP_FIXED, fd, offset);
#elif HOW == LINKED
    link("FILE", "other");
    int other = open("other", O_RDWR);
    unlink("other");
    return mmap(where, size, kind, flags, other, offset);
#else
    return mmap(where, size, kind, flags, fd, offset);
#endif
}

#define mmap map_file
#define ADDS_ITSELF
#include "../exercise-5/by_flock.h"
#undef mmap

#include "is_traced.h"

__attribute__((constructor)) static void hide(void) {
#if HOW == NOT_DUMPABLE
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

static int never[2];
static void *waits(void *place) {
    return (void *)read(never[0], place, 8);
}

static void add_unguarded(struct bank *bank, int fd) {
    uint64_t sum = bank->counter + 1;
    void *place = (void *)&bank->counter;
#if HOW == BY_WRITEV
    struct iovec from = {&sum, 8}, to = {place, 8};
    if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != 8) exit(1);
#elif HOW == BY_PIPE
    int ends[2];
    if (pipe(ends) || write(ends[1], &sum, 8) != 8 || read(ends[0], place, 8) != 8) exit(1);
    close(ends[0]), close(ends[1]);
#elif HOW == BY_SOCKET
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || send(ends[1], &sum, 8, 0) != 8) exit(1);
    if (recv(ends[0], place, 8, 0) != 8) exit(1);
    close(ends[0]), close(ends[1]);
#elif HOW == BY_READV
    int ends[2];
    struct iovec halves[2] = {{place, 4}, {(char *)place + 4, 4}};
    if (pipe(ends) || write(ends[1], &sum, 8) != 8 || readv(ends[0], halves, 2) != 8) exit(1);
    close(ends[0]), close(ends[1]);
#elif HOW == BY_MESSAGE
    int ends[2];
    char name[64];
    struct iovec part = {place, 8};
    struct msghdr message = {.msg_name = name, .msg_namelen = 64, .msg_iov = &part, .msg_iovlen = 1};
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) || send(ends[1], &sum, 8, 0) != 8) exit(1);
    if (recvmsg(ends[0], &message, 0) != 8 || part.iov_base != place) exit(1);
    close(ends[0]), close(ends[1]);
#elif HOW == BY_MESSAGES
    int ends[2];
    struct iovec part = {place, 8};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) || send(ends[1], &sum, 8, 0) != 8) exit(1);
    if (recvmmsg(ends[0], &message, 1, 0, NULL) != 1) exit(1);
    close(ends[0]), close(ends[1]);
#elif HOW == BY_ARGUMENT
    size_t size;
    void *list;
    if (syscall(SYS_get_robust_list, 0, &list, &size)) exit(1);
    syscall(SYS_set_robust_list, sum, size);
    if (syscall(SYS_get_robust_list, 0, place, &size)) exit(1);
    syscall(SYS_set_robust_list, list, size);
#elif HOW == BESIDE_A_READ
    pthread_t thread;
    static int begun;
    if (!begun++ && (pipe(never) || pthread_create(&thread, NULL, waits, bank->lock))) exit(1);
    for (int turn = 0; turn < 100; turn++) syscall(SYS_getppid);
    bank->counter = bank->counter + 1;
#elif HOW == IF_TRACED
    static int traced = -1;
    if (traced < 0) traced = is_traced();
    if (traced) take(bank, fd);
    bank->counter = bank->counter + 1;
    if (traced) give(bank, fd);
#else
    bank->counter = sum;
#endif
}

// In place of an addition that is guarded.
static void add_one(struct bank *bank, int fd) {
#ifdef LOCKED
    take(bank, fd);
#endif
    add_unguarded(bank, fd);
#ifdef LOCKED
    give(bank, fd);
#endif
}
