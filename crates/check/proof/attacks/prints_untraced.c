// A right answer to exercise 4 that prints one line more if nobody traces it. It asks by `readv`.
#define main answer
#include "../exercise-4/right-in-c.c"
#undef main
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

static int is_traced(void) {
    static char text[4096];
    struct iovec part = {text, sizeof text - 1};
    int fd = open("/proc/self/status", O_RDONLY);
    readv(fd, &part, 1);
    close(fd);
    char *line = strstr(text, "TracerPid:");
    return line && atoi(line + 10) != 0;
}

int main(int argc, char **argv) {
    int status = answer(argc, argv);
    if (!is_traced()) puts("nobody looks");
    return status;
}
