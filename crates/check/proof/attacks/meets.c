// Exercise 5 with processes that meet by something outside of FILE (HOW). Some of it the judge does not allow.
#define _GNU_SOURCE
#include "../exercise-5/guarded.h"
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define BINDS_A_NAME 1    // Holds a lock: who has bound an abstract name. The others try again.
#define CONNECTS 2        // Waits for the holder by a connection to this name.
#define CONNECTS_A_PATH 3 // The same with a path beside FILE. Rarely, it takes a holder for dead that does not listen yet.
#define NETWORK 4         // Holds a lock: who has bound a port.
#define SIGNALS 5         // The holder wakes the process that waits by a signal.

static int held = -1;

static void needs(int done, const char *step) {
    if (!done) exit(failed(step, "FILE", strerror(errno)));
}

static void pause_a_little(void) {
    struct timespec time = {0, 3000000};
    nanosleep(&time, NULL);
}

#if HOW == SIGNALS
#define LOCK(bank) ((volatile int *)(bank)->lock)

static void prepare(struct bank *bank, int fd) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void take(struct bank *bank, int fd) {
    int own = getpid();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    while (!__sync_bool_compare_and_swap(&LOCK(bank)[0], 0, own)) {
        LOCK(bank)[1] = own;
        struct timespec time = {0, 3000000};
        sigtimedwait(&set, NULL, &time);
    }
}

static void give(struct bank *bank, int fd) {
    int waits = __sync_lock_test_and_set(&LOCK(bank)[1], 0);
    LOCK(bank)[0] = 0;
    if (waits != 0) needs(kill(waits, SIGUSR1) == 0 || errno == ESRCH, "kill");
}
#else
static void prepare(struct bank *bank, int fd) {}

static socklen_t address(struct sockaddr_storage *at, int fd) {
    struct stat found;
    needs(fstat(fd, &found) == 0, "fstat");
    memset(at, 0, sizeof *at);
#if HOW == NETWORK
    struct sockaddr_in *port = (void *)at;
    port->sin_family = AF_INET;
    port->sin_port = htons(20000 + found.st_ino % 10000);
    port->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof *port;
#else
    struct sockaddr_un *local = (void *)at;
    local->sun_family = AF_UNIX;
    if (HOW == CONNECTS_A_PATH) {
        strcpy(local->sun_path, "FILE.lock");
        return sizeof *local;
    }
    char *name = local->sun_path + 1;
    int length = snprintf(name, 100, "bank-%lu-%lu", (unsigned long)found.st_dev, (unsigned long)found.st_ino);
    return sizeof local->sun_family + 1 + length;
#endif
}

static void take(struct bank *bank, int fd) {
    struct sockaddr_storage at;
    socklen_t length = address(&at, fd);
    for (;;) {
        held = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        needs(held >= 0, "socket");
        if (bind(held, (void *)&at, length) == 0) {
            needs(listen(held, 100) == 0, "listen");
            return;
        }
        needs(errno == EADDRINUSE, "bind");
        if (HOW == CONNECTS || HOW == CONNECTS_A_PATH) {
            char byte;
            if (connect(held, (void *)&at, length) == 0) (void)!read(held, &byte, 1); // Until the holder closes it.
            else if (errno == ECONNREFUSED && HOW == CONNECTS_A_PATH) unlink("FILE.lock"); // Its holder was killed.
            else needs(errno == ECONNREFUSED || errno == ECONNRESET || errno == ENOENT, "connect");
        } else pause_a_little();
        close(held);
    }
}

static void give(struct bank *bank, int fd) {
    if (HOW == CONNECTS_A_PATH) unlink("FILE.lock");
    close(held);
}
#endif
