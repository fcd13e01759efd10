// Exercise 5: if the lock is taken, a process waits once, for eight seconds, as WAITS says. Then it goes on, whether
// it has the lock or not.
#define _GNU_SOURCE
#include "../exercise-5/guarded.h"
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/time.h>
#include <time.h>

enum how { POLL, SELECT, EPOLL, SIGNAL, SEMAPHORE, ALARM, TIMER, NAPS, PI_MUTEX };
static const int seconds = 8;
static const struct timespec eight = {.tv_sec = 8};

static void wakes(int number) {}

// A descriptor that nobody ever makes ready.
static int silent(void) {
    int ends[2];
    if (pipe(ends) < 0) exit(failed("pipe", "FILE", strerror(errno)));
    return ends[0];
}

static void by_select(void) {
    int fd = silent();
    struct timeval time = {.tv_sec = seconds};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    int ready = select(fd + 1, &set, NULL, NULL, &time);
    if (ready != 0 || FD_ISSET(fd, &set)) abort();
}

static void by_poll(void) {
    struct pollfd one = {.fd = silent(), .events = POLLIN, .revents = POLLIN};
    if (poll(&one, 1, seconds * 1000) != 0 || one.revents != 0) abort();
}

static void by_epoll(void) {
    int epoll = epoll_create1(0), fd = silent();
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    if (epoll_wait(epoll, &event, 1, seconds * 1000) != 0) abort();
}

static void by_signal(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (sigtimedwait(&set, NULL, &eight) != -1 || errno != EAGAIN) abort();
}

static void by_semaphore(void) {
    int set = semget(IPC_PRIVATE, 1, 0600);
    struct sembuf take = {.sem_op = -1};
    if (semtimedop(set, &take, 1, &eight) != -1 || errno != EAGAIN) abort();
    semctl(set, 0, IPC_RMID);
}

// flock, which a signal ends.
static void by_alarm(int fd, int is_timer) {
    struct sigaction action = {.sa_handler = wakes};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval time = {.it_value.tv_sec = seconds}, none = {0};
    if (is_timer) setitimer(ITIMER_REAL, &time, NULL);
    else alarm(seconds);
    flock(fd, LOCK_EX);
    if (is_timer) setitimer(ITIMER_REAL, &none, NULL);
    else alarm(0);
}

static void by_naps(int fd) {
    struct timespec nap = {.tv_nsec = 1000000};
    for (int naps = 0; naps < seconds * 1000; naps++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) return;
        nanosleep(&nap, NULL);
    }
}

#define MUTEX(bank) ((pthread_mutex_t *)(bank)->lock)

static void by_pi_mutex(struct bank *bank) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    int error = pthread_mutex_timedlock(MUTEX(bank), &until);
    if (error == EOWNERDEAD) pthread_mutex_consistent(MUTEX(bank));
}

static void make_mutex(struct bank *bank, int fd) {
    flock(fd, LOCK_EX);
    volatile uint32_t *ready = (uint32_t *)(bank->lock + 512);
    if (!*ready) {
        pthread_mutexattr_t attributes;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
        pthread_mutex_init(MUTEX(bank), &attributes);
        *ready = 1;
    }
    flock(fd, LOCK_UN);
}

static void prepare(struct bank *bank, int fd) {
    if (WAITS == PI_MUTEX) make_mutex(bank, fd);
}

static void take(struct bank *bank, int fd) {
    if (WAITS == PI_MUTEX) {
        by_pi_mutex(bank);
        return;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return;
    switch (WAITS) {
    case POLL: by_poll(); break;
    case SELECT: by_select(); break;
    case EPOLL: by_epoll(); break;
    case SIGNAL: by_signal(); break;
    case SEMAPHORE: by_semaphore(); break;
    case ALARM: by_alarm(fd, 0); break;
    case TIMER: by_alarm(fd, 1); break;
    case NAPS: by_naps(fd); break;
    }
    flock(fd, LOCK_EX | LOCK_NB);
}

static void give(struct bank *bank, int fd) {
    if (WAITS == PI_MUTEX) pthread_mutex_unlock(MUTEX(bank));
    else flock(fd, LOCK_UN);
}
