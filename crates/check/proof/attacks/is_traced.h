// Is this process traced? It reads TracerPid line by line, or BY_BYTES, or BY_PIECES. BY_ANOTHER lets a child process
// read it. BY_TIME asks a clock. BY_TRACE_ME asks to be traced, which fails if there is a tracer.
#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "clock.h"

static int is_traced(void) {
    char line[256];
    int tracer = 0;
    FILE *status;
#ifdef BY_ANOTHER
    // A child reads the file, and its exit status says whether there is a tracer.
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", getpid());
    pid_t child = fork();
    if (child > 0) {
        int how;
        waitpid(child, &how, 0);
        return how != 0;
    }
    status = fopen(path, "r");
#elif defined BY_TIME
    return the_clock_tells_of_a_tracer();
#elif defined BY_TRACE_ME
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0;
#elif defined BY_PIECES
    // Two vectors of two pieces: no piece holds the field's name and its number.
    static char text[4096];
    int fd = open("/proc/self/status", O_RDONLY);
    size_t size = 0;
    for (;;) {
        struct iovec pieces[2] = {{text + size, 3}, {text + size + 3, 4}};
        ssize_t got = readv(fd, pieces, 2);
        if (got <= 0) break;
        size += got;
    }
    close(fd);
    status = fmemopen(text, size, "r");
#else
    status = fopen("/proc/self/status", "r");
#endif
#ifdef BY_BYTES
    setvbuf(status, NULL, _IONBF, 0);
#endif
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "TracerPid: %d", &tracer) == 1) break;
    if (status) fclose(status);
#ifdef BY_ANOTHER
    _exit(tracer != 0);
#endif
    return tracer != 0;
}
