// What hostile programs do: each uses more than it may, says nothing about it, and then goes on.
// Each is bounded, so that a machine whose limits do not hold survives it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1 << 20)

static void in_a_grandchild(void (*work)(void)) {
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) {
            work();
            _exit(0);
        }
        while (waitpid(grandchild, NULL, 0) < 0 && errno == EINTR) {}
        _exit(0);
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
}

// So many children at once do `work`; each ends when its parent has closed the pipe, or has died.
static void children(int count, void (*work)(void)) {
    int gate[2], ready[2];
    char byte = 0;
    if (pipe(gate) || pipe(ready)) return;
    int made = 0;
    for (; made < count; made++) {
        pid_t child = fork();
        if (child < 0) break;
        if (child == 0) {
            close(gate[1]);
            if (work) work();
            write(ready[1], &byte, 1);
            read(gate[0], &byte, 1);
            _exit(0);
        }
    }
    close(ready[1]);
    for (int i = 0; i < made && read(ready[0], &byte, 1) == 1; i++) {}
    close(ready[0]);
    close(gate[0]);
    close(gate[1]);
    while (wait(NULL) > 0 || errno == EINTR) {}
}

static void a_hundred(void) { children(100, NULL); }
static void processes(void) { in_a_grandchild(a_hundred); }

// Forks until it may not, and so do its children. Gives up after a while, should nothing stop it.
static void forks(void) {
    alarm(20);
    for (;;) fork();
}
static void fork_bomb(void) { in_a_grandchild(forks); }

static void fill_320_mib(void) {
    char *place = mmap(NULL, 320 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place != MAP_FAILED) memset(place, 1, 320 * MIB);
}
static void two_fill(void) { children(2, fill_320_mib); }
static void memory(void) { in_a_grandchild(two_fill); }

// Two seconds of processor time of its own: no limit of one process notices.
static void burn(void) {
    struct timespec used;
    do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    while (used.tv_sec < 2);
}
static void two_burn(void) { children(2, burn); }
static void processor(void) { in_a_grandchild(two_burn); }

static void three_thousand(void) {
    for (int i = 0; i < 3000; i++) {
        pid_t child = fork();
        if (child == 0) _exit(0);
        if (child > 0) waitpid(child, NULL, 0);
    }
}
static void short_lives(void) { in_a_grandchild(three_thousand); }

static void *waits(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}
static void threads(int count) {
    static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t all[1000];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    int made = 0;
    pthread_mutex_lock(&gate);
    while (made < count && pthread_create(&all[made], &small, waits, &gate) == 0) made++;
    pthread_mutex_unlock(&gate);
    while (made > 0) pthread_join(all[--made], NULL);
}
static void threads_200(void) { threads(200); }
// The threads live until somebody kills them. What lives for a moment only can be missed without tracing.
static void threads_that_stay(void) {
    pthread_t thread;
    for (int i = 0; i < 200; i++) pthread_create(&thread, NULL, (void *(*)(void *))pause, NULL);
    pause();
}
static void threads_300(void) { threads(300); }
static void threads_1000(void) { threads(1000); }

// Children that have ended, and of which their parent never asks.
static void unreaped(int count) {
    while (count-- > 0)
        if (fork() == 0) _exit(0);
}
static void unreaped_100(void) { unreaped(100); }
static void unreaped_300(void) { unreaped(300); }
static void unreaped_1000(void) { unreaped(1000); }

// 640 MiB that are in no process's mappings. Where they are refused, the program fails.
static void detached_segments(void) {
    for (int i = 0; i < 10; i++) {
        int id = shmget(IPC_PRIVATE, 64 * MIB, IPC_CREAT | 0600);
        char *place = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
        if (place == (void *)-1) exit(77);
        memset(place, 1, 64 * MIB);
        shmdt(place);
    }
}
// 40 MiB of messages: 5,000 queues of 8 KiB.
static void messages(void) {
    struct { long type; char text[8000]; } message = {1, "x"};
    for (int i = 0; i < 5000; i++) {
        int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
        if (id < 0 || msgsnd(id, &message, sizeof message.text, IPC_NOWAIT)) exit(77);
    }
}
static void memory_files(void) {
    for (int i = 0; i < 10; i++) {
        int file = memfd_create("memory", 0);
        if (file < 0 || fallocate(file, 0, 0, 64 * MIB)) exit(77);
    }
    children(1, NULL);
    usleep(200000); // The limits are looked at every 25 ms.
}

static void allocated(const char *path) {
    int file = open(path, O_RDWR | O_CREAT, 0600);
    if (file < 0 || fallocate(file, 0, 0, 300 * MIB)) exit(77);
    close(file);
    usleep(200000);
}
static void disk(void) { allocated("big"), unlink("big"); }
static void deep_file(void) {
    char path[64] = "";
    for (int depth = 0; depth < 12; depth++) {
        strcat(path, "d/");
        mkdir(path, 0700);
    }
    strcat(path, "big");
    allocated(path);
    unlink(path);
}
static void file_behind_others(void) {
    char name[32];
    mkdir("many", 0700);
    for (int i = 0; i < 6000; i++) {
        sprintf(name, "many/%d", i);
        if (i == 0) close(open(name, O_CREAT | O_WRONLY, 0600));
        else link("many/0", name);
    }
    allocated("many/big");
    unlink("many/big");
}
static void file_in_closed_directory(void) {
    mkdir("closed", 0700);
    int file = open("closed/big", O_RDWR | O_CREAT, 0600);
    if (file < 0 || fallocate(file, 0, 0, 300 * MIB)) exit(77);
    close(file);
    chmod("closed", 0);
    usleep(200000);
    chmod("closed", 0700);
    unlink("closed/big");
}
static void holds_nameless_file(void) {
    int file = open(".", O_TMPFILE | O_RDWR, 0600);
    if (file < 0 || fallocate(file, 0, 0, 300 * MIB)) return;
    usleep(200000);
}
static void nameless_file(void) { children(1, holds_nameless_file); }

// The files have no name, and no descriptor either: only the mappings are left of them.
static void holds_mapped_files(void) {
    for (int i = 0; i < 30; i++) {
        int file = open(".", O_TMPFILE | O_RDWR, 0600);
        if (file < 0 || ftruncate(file, 10 * MIB)) exit(77);
        char *bytes = mmap(NULL, 10 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        if (bytes == MAP_FAILED) exit(77);
        memset(bytes, 1, 10 * MIB);
    }
    usleep(100000);
}
static void mapped_files(void) { children(1, holds_mapped_files); }
static void files_without_end(void) {
    char name[32];
    for (int i = 0; i < 2000000; i++) {
        sprintf(name, "file-%d-%d", getpid(), i);
        int file = open(name, O_CREAT | O_WRONLY, 0600);
        if (file < 0) exit(77);
        close(file);
    }
}

// Stops itself; whoever continues it finds it in its work.
static void stop(void) { kill(getpid(), SIGSTOP); }
static void stopped_by_a_child(void) {
    pid_t child = fork();
    if (child == 0) {
        kill(getppid(), SIGSTOP);
        _exit(0);
    }
    if (child > 0) waitpid(child, NULL, 0);
}
static void stopped_child(void) {
    pid_t child = fork();
    if (child == 0) {
        kill(getpid(), SIGSTOP);
        _exit(0);
    }
    if (child > 0) waitpid(child, NULL, 0);
}
static void nothing(void) {}
