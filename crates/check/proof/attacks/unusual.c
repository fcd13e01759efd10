// A right answer (ANSWER) that does something unusual (HOW), as many right programs do.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_THREAD_ENDS 1    // The first thread ends; a second one does the work.
#define OWN_HANDLER 2          // A handler for SIGSEGV, which is never raised.
#define BLOCKS_SIGNALS 3       // All signals are blocked.
#define IGNORES_SIGSEGV 4      // SIGSEGV is ignored.
#define TIMER 5                // SIGALRM every millisecond, and calls that go on after it.
#define REFUSES_MPROTECT 6     // A seccomp filter: mprotect fails, as nobody needs it any more.
#define KILLS_FOR_MPROTECT 7   // The same, but the process dies of it.
#define EXECUTES_IN_A_THREAD 8 // A second thread executes the program again.
#define EXECUTES_IN_A_CHILD 9  // A child of vfork executes the program again.
#define NOT_DUMPABLE 10        // /proc/PID is root's.
#define LOCK_FILE 11           // A file that was mapped and removed; the next one may get its inode.
#define AS_JAVA 12             // Writes /proc/self/coredump_filter.
#define NAMES_ITS_THREAD 13    // Writes /proc/self/task/TID/comm, as pthread_setname_np does.
#define HAS_A_RUNTIME 14       // Before its first line: memory, and threads that wake each other (Go, Java).
#define UNMAPS_MEANWHILE 15    // Another thread maps and unmaps memory all the time.
#define BURNS 16               // It works for 200 ms before it opens FILE.
#define CHILD_WORKS 17         // It stands still in vfork while its child works for 50 ms.

extern char **environ;

static void write_to(const char *path, const char *text) {
    int fd = open(path, O_WRONLY);
    if (fd < 0) return; // Refused: it goes on without.
    write(fd, text, strlen(text));
    close(fd);
}
static void filter(unsigned answer) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog all = {4, program};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all);
}
static void handler(int signal) { _exit(signal == SIGSEGV ? 99 : 98); }
static void tick(int signal) {}

#define main answer
#include ANSWER
#undef main

static int word_count;
static char **words;

#define ROUNDS 40
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;
static void *takes_turns(void *odd) {
    for (int round = 0; round < ROUNDS; round++) {
        pthread_mutex_lock(&mutex);
        while (turn % 2 != (odd != NULL)) pthread_cond_wait(&changed, &mutex);
        turn++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    for (;;) pause(); // For work that never comes.
}
static void *looks_again(void *none) {
    for (;;) usleep(1000);
}
static void start_a_runtime(void) {
    pthread_t thread;
    void *addresses = mmap(NULL, 1UL << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int populated = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    void *memory = mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE, populated, -1, 0);
    if (addresses == MAP_FAILED || memory == MAP_FAILED) abort();
    pthread_create(&thread, NULL, looks_again, NULL);
    pthread_create(&thread, NULL, takes_turns, NULL);
    pthread_create(&thread, NULL, takes_turns, "odd");
    pthread_mutex_lock(&mutex);
    while (turn < 2 * ROUNDS) pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}
static void *maps_and_unmaps(void *none) {
    for (int round = 0; round < 40; round++) {
        size_t size = (1 + round % 7) * 4096;
        void *memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || munmap(memory, size)) abort();
    }
    return NULL;
}
static void *works(void *none) { exit(answer(word_count, words)); }
static void *executes(void *none) {
    setenv("AGAIN", "1", 1);
    execve("/proc/self/exe", words, environ);
    _exit(97);
}

int main(int argc, char **argv) {
    pthread_t thread;
    word_count = argc, words = argv;
#if HOW == FIRST_THREAD_ENDS
    pthread_create(&thread, NULL, works, NULL);
    pthread_exit(NULL);
#elif HOW == OWN_HANDLER || HOW == IGNORES_SIGSEGV
    struct sigaction action = {.sa_handler = HOW == OWN_HANDLER ? handler : SIG_IGN};
    sigaction(SIGSEGV, &action, NULL);
#elif HOW == BLOCKS_SIGNALS
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
#elif HOW == TIMER
    struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, 1000}, {0, 1000}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
#elif HOW == REFUSES_MPROTECT
    filter(SECCOMP_RET_ERRNO | 1);
#elif HOW == KILLS_FOR_MPROTECT
    filter(SECCOMP_RET_KILL_PROCESS);
#elif HOW == EXECUTES_IN_A_THREAD
    if (!getenv("AGAIN")) {
        pthread_create(&thread, NULL, executes, NULL);
        pthread_join(thread, NULL);
    }
#elif HOW == EXECUTES_IN_A_CHILD
    if (!getenv("AGAIN")) {
        int status = 0;
        setenv("AGAIN", "1", 1);
        pid_t child = vfork();
        if (child == 0) {
            execve("/proc/self/exe", words, environ);
            _exit(97);
        }
        waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 96;
    }
#elif HOW == NOT_DUMPABLE
    prctl(PR_SET_DUMPABLE, 0);
#elif HOW == LOCK_FILE
    int lock = open("lock-file", O_RDWR | O_CREAT, 0600);
    ftruncate(lock, 4096);
    char *place = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, lock, 0);
    place[0] = 1;
    write(lock, "locked", 6);
    munmap(place, 4096);
    close(lock);
    unlink("lock-file");
#elif HOW == UNMAPS_MEANWHILE
    pthread_create(&thread, NULL, maps_and_unmaps, NULL);
#elif HOW == AS_JAVA
    write_to("/proc/self/coredump_filter", "0x33");
#elif HOW == HAS_A_RUNTIME
    start_a_runtime();
#elif HOW == BURNS
    while (clock() < CLOCKS_PER_SEC / 5) continue;
#elif HOW == CHILD_WORKS
    if (vfork() == 0) {
        for (clock_t until = clock() + CLOCKS_PER_SEC / 20; clock() < until;) continue;
        _exit(0);
    }
    while (wait(NULL) > 0) continue;
#elif HOW == NAMES_ITS_THREAD
    write_to("/proc/thread-self/comm", "worker");
#endif
    return answer(argc, argv);
}
