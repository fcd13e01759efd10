// A right answer (ANSWER) but for FILE's bytes, which it reads by a call. HOW says how it hides that.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_HIDDEN 0
#define NOT_DUMPABLE 1 // /proc/PID is root's.
#define IF_UNTRACED 2  // Only if TracerPid is 0.
#define KILLED 3       // sendfile in a child that is killed then.
#define EXITS 4        // sendfile in a child whose other thread ends the process.
#define TEE 5          // A child reads, and its parent gets the bytes from a pipe.
#define EXCHANGED 6    // Another thread exchanges the descriptor while the call begins.
#define ALARM 7        // sendfile in a child that dies of SIGALRM.
#define LISTENER 8     // Its own seccomp filter asks one of its threads about the call, which lets it be made.
#define FILTER 9       // Its own seccomp filter allows the call.
#define SMALL (1 << 20) // Larger files are mapped: they are watched in other ways.

static int is_traced(void) {
    char text[4096];
    int fd = open("/proc/self/status", O_RDONLY);
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length < 0 ? 0 : length] = 0;
    char *line = strstr(text, "TracerPid:");
    return line && atoi(line + 10) != 0;
}

#if HOW == KILLED || HOW == EXITS || HOW == ALARM
static int sends_to, sends_from;
static void *sends(void *none) {
    off_t at = 0;
    sendfile(sends_to, sends_from, &at, 1 << 20);
    pause();
    return NULL;
}
// A page of FILE that a child has sent, which then ends in the given way.
static void page_by_child(int fd, char *place, size_t page) {
    int ends[2], small = 1;
    char byte;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) exit(1);
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    pid_t child = fork();
    if (child == 0) {
        sends_to = ends[1], sends_from = fd;
#if HOW == EXITS
        pthread_t thread;
        pthread_create(&thread, NULL, sends, NULL);
        read(ends[1], &byte, 1);
        _exit(0);
#elif HOW == ALARM
        alarm(1);
#endif
        sends(NULL);
        _exit(0);
    }
    for (size_t got = 0; got < page;) {
        ssize_t more = read(ends[0], place + got, page - got);
        if (more <= 0) exit(1);
        got += more;
    }
#if HOW == KILLED
    kill(child, SIGKILL);
#elif HOW == EXITS
    write(ends[0], &byte, 1);
#endif
    waitpid(child, NULL, 0);
    close(ends[0]), close(ends[1]);
}
#endif

#if HOW == EXCHANGED
static int exchanged, nothing, file;
static volatile int over;
static void *exchange(void *none) {
    while (!over) dup2(nothing, exchanged), dup2(file, exchanged);
    return NULL;
}
#endif

#if HOW == LISTENER || HOW == FILTER
static int filter_reads(unsigned action, unsigned flags) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pread64, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {4, code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
}
static int asked[2];
static void *listens(void *none) {
    int listener;
    if (read(asked[0], &listener, sizeof listener) < 0) return NULL;
    for (;;) {
        struct seccomp_notif notice = {0};
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice)) return NULL;
        struct seccomp_notif_resp answer = {.id = notice.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
}
// Only once: a call that is filtered twice would be asked about twice.
static void filter_own_reads(void) {
    static int done;
    if (done++) return;
#if HOW == FILTER
    filter_reads(SECCOMP_RET_ALLOW, 0);
#else
    pthread_t thread;
    if (pipe(asked)) exit(1);
    pthread_create(&thread, NULL, listens, NULL);
    int listener = filter_reads(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    if (listener >= 0) write(asked[1], &listener, sizeof listener);
#endif
}
#endif

// What answers take for mmap: memory of its own, filled by a call.
static void *map_file(void *where, size_t size, int kind, int flags, int fd, off_t offset) {
    if (size > SMALL) return mmap(where, size, kind, flags, fd, offset);
#if HOW == IF_UNTRACED
    if (is_traced()) return mmap(where, size, kind, flags, fd, offset);
#endif
#if HOW == LISTENER || HOW == FILTER
    filter_own_reads();
    // FILE is mapped and loaded, too: only the call tells.
    volatile char *mapped = mmap(NULL, size, kind, flags, fd, offset);
    if (mapped == MAP_FAILED) return MAP_FAILED;
    for (size_t at = 0; at < size; at += 512) mapped[at];
    munmap((void *)mapped, size);
#endif
    char *place = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) return place;
#if HOW == KILLED || HOW == EXITS || HOW == ALARM
    size_t page = sysconf(_SC_PAGESIZE);
    munmap(place, size);
    place = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, offset);
    if (size > 4 * page && size < SMALL) { // So large that the socket cannot hold it.
        mmap(place, page, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        page_by_child(fd, place, page);
    }
#elif HOW == TEE
    int ends[2];
    if (pipe(ends)) exit(1);
    pid_t child = fork();
    if (child == 0) {
        char part[4096];
        for (ssize_t got; (got = pread(fd, part, sizeof part, offset)) > 0; offset += got) write(ends[1], part, got);
        _exit(0);
    }
    close(ends[1]);
    for (size_t got = 0; got < size;) {
        ssize_t more = read(ends[0], place + got, size - got);
        if (more <= 0) exit(1);
        got += more;
    }
    close(ends[0]);
    waitpid(child, NULL, 0);
#elif HOW == EXCHANGED
    pthread_t thread;
    nothing = open("/dev/zero", O_RDONLY), file = fd, exchanged = dup(nothing), over = 0;
    pthread_create(&thread, NULL, exchange, NULL);

    // /dev/zero gives zeros and moves nothing: until there is something else, it was the wrong one.
    for (int turn = 0; turn < 10000 && place[0] == 0; turn++) pread(exchanged, place, size, offset);
    over = 1;
    pthread_join(thread, NULL);
    close(exchanged), close(nothing);
#else
    for (size_t got = 0; got < size;) {
        ssize_t more = pread(fd, place + got, size - got, offset + got);
        if (more <= 0) exit(1);
        got += more;
    }
#endif
    return place;
}

__attribute__((constructor)) static void hide(void) {
#if HOW == NOT_DUMPABLE
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

#define mmap map_file
#include ANSWER
