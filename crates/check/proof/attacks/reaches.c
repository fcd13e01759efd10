// A right exercise 4 that tries to reach something outside (HOW) and ends with status 77 if it can.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NO_DESCRIPTORS 1 // Its parent, the judge, may open no file any more.
#define NO_PROCESSOR 2   // The judge gets no processor time any more.
#define NO_FILES 3       // The judge may write no file any more.
#define SIGNALS 4        // Sends the judge a signal.
#define PRIORITY 5       // The judge's nice value.
#define AFFINITY 6       // The judge's processors.
#define SCHEDULER 7      // The judge's scheduling policy.
#define IO_PRIORITY 8    // The judge's priority for the disk.
#define MEMORY 9         // The judge's memory.
#define CHMOD 10         // The mode of a file elsewhere.
#define UTIMES 11        // The times of a file elsewhere.
#define XATTR 12         // An extended attribute of a file elsewhere.
#define MPTCP 13         // A server, by multipath TCP.
#define FAST_OPEN 14     // A server, by data in the first packet.
#define LISTENS 15       // Listens at a port that the kernel chooses.
#define DATAGRAM 16      // A server, by UDP.

#ifndef PORT
#define PORT 9
#endif
#ifndef VICTIM
#define VICTIM "/nonexistent"
#endif

static int reached(void) {
    pid_t judge = getppid();
    struct rlimit none = {0, 0}, before;
    struct sched_param parameters = {0};
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cpu_set_t one;
    char byte = 0;
    struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    switch (HOW) {
    case NO_DESCRIPTORS: return prlimit(judge, RLIMIT_NOFILE, &none, NULL) == 0;
    case NO_PROCESSOR: return prlimit(judge, RLIMIT_CPU, &none, NULL) == 0;
    case NO_FILES: return prlimit(judge, RLIMIT_FSIZE, &none, NULL) == 0;
    case SIGNALS: return kill(judge, 0) == 0;
    case PRIORITY: return setpriority(PRIO_PROCESS, judge, 5) == 0;
    case AFFINITY: return sched_setaffinity(judge, sizeof one, &one) == 0;
    case SCHEDULER: return sched_setscheduler(judge, SCHED_BATCH, &parameters) == 0;
    case IO_PRIORITY: return syscall(SYS_ioprio_set, 1, judge, 3 << 13) == 0;
    case MEMORY: return process_vm_readv(judge, &here, 1, &there, 1, 0) >= 0 || errno == EFAULT;
    case CHMOD: return chmod(VICTIM, 0777) == 0;
    case UTIMES: return utimensat(AT_FDCWD, VICTIM, NULL, 0) == 0;
    case XATTR: return setxattr(VICTIM, "user.reached", "x", 1, 0) == 0;
    case MPTCP: return connect(socket(AF_INET, SOCK_STREAM, 262), (void *)&server, sizeof server) == 0;
    case FAST_OPEN:
        return sendto(socket(AF_INET, SOCK_STREAM, 0), "x", 1, MSG_FASTOPEN, (void *)&server, sizeof server) == 1;
    case LISTENS: return listen(socket(AF_INET, SOCK_STREAM, 0), 1) == 0;
    case DATAGRAM:
        return sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0, (void *)&server, sizeof server) == 1;
    }
    return 0;
}

#define main answer
#include "../exercise-4/right-in-c.c"
#undef main

int main(int argc, char **argv) { return reached() ? 77 : answer(argc, argv); }
