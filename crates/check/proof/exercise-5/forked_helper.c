//! verdict: solved
// Built differently: a child does the work, under a flock lock of its own.
#define main work
#include "guarded.h"
#undef main
#include <sys/file.h>
#include <sys/wait.h>

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {
    while (flock(fd, LOCK_EX) < 0) {}
}
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }

int main(int argc, char **argv) {
    int status;
    pid_t child = fork();
    if (child == 0) _exit(work(argc, argv));
    if (child < 0 || waitpid(child, &status, 0) < 0) return failed("fork", argv[0], strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
