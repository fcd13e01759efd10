//! verdict: solved
// One private mapping of the whole file, edited in place. The wrong answers beside it are this
// program with one piece replaced.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef OPEN
#define OPEN O_RDONLY
#endif
#ifndef MAP
#define MAP(size, fd) mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0)
#endif
// What an empty file gets: mmap of no bytes is EINVAL.
#ifndef IF_EMPTY
#define IF_EMPTY return
#endif
// Stores where something changes, and nowhere else: a store copies the page.
#ifndef EDIT
#define EDIT(bytes, size, from, to)                                                               \
    if ((from) != (to))                                                                           \
        for (char *at = bytes; (at = memchr(at, from, size - (size_t)(at - bytes))); at++)        \
            *at = to;
#endif
// What comes after the output.
#ifndef AFTER
#define AFTER(fd, path)
#endif
#ifndef IS_BYTE
#define IS_BYTE(text) (strlen(text) == 1)
#endif

static void must(bool done, const char *step, const char *file) {
    if (done)
        return;
    fprintf(stderr, "error: %s %s: %s\n", step, file, strerror(errno));
    exit(1);
}

static void preview(const char *path, char from, char to) {
    int fd = open(path, OPEN | O_NONBLOCK | O_CLOEXEC);
    must(fd >= 0, "open", path);
    struct stat found;
    must(fstat(fd, &found) == 0, "fstat", path);
    errno = EINVAL;
    must(S_ISREG(found.st_mode), "preview shows regular files:", path);
    size_t size = (size_t)found.st_size;
    if (size == 0)
        IF_EMPTY;
    char *bytes = MAP(size, fd);
    must(bytes != MAP_FAILED, "mmap", path);
    EDIT(bytes, size, from, to)
    for (size_t done = 0; done < size;) {
        ssize_t written = write(STDOUT_FILENO, bytes + done, size - done);
        must(written > 0, "write", "standard output");
        done += (size_t)written;
    }
    AFTER(fd, path)
}

int main(int argc, char **argv) {
    if (argc != 5 || strcmp(argv[1], "preview") || !IS_BYTE(argv[3]) || !IS_BYTE(argv[4])) {
        fputs("usage: exercise-4 preview FILE FROM TO (one byte each)\n", stderr);
        return 2;
    }
    return preview(argv[2], argv[3][0], argv[4][0]), 0;
}
