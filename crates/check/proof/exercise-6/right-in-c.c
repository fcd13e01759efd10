//! verdict: solved
// Maps a file, counts, unmaps it. The wrong answers beside it are this program with one piece
// replaced.
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

struct count {
    size_t lines, bytes;
};

#ifndef OPEN
#define OPEN O_RDONLY | O_NONBLOCK
#endif
#ifndef IS_FILE
#define IS_FILE(found) S_ISREG((found).st_mode)
#endif
// mmap of no bytes is EINVAL: an empty file is counted without.
#ifndef IS_EMPTY
#define IS_EMPTY(size) ((size) == 0)
#endif
#ifndef MAP
#define MAP(size, fd) mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0)
#endif
#ifndef UNMAP
#define UNMAP(bytes, size) munmap(bytes, size)
#endif
#ifndef CLOSE
#define CLOSE(fd) close(fd)
#endif
#ifndef COUNT
#define COUNT(bytes, size) newlines(bytes, size)
#endif
// A file's line.
#ifndef SAY
#define SAY(lines, bytes, name) printf("%zu %zu %s\n", lines, bytes, name)
#endif
// A number of the total.
#ifndef SUM
#define SUM(number) number
#endif
// What a file that fails makes of the rest.
#ifndef FAILED
#define FAILED all_well = false
#endif

static size_t newlines(const char *bytes, size_t size) {
    size_t lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    return lines;
}

static bool complain(const char *step, const char *file) {
    fprintf(stderr, "error: %s %s: %s\n", step, file, strerror(errno));
    return false;
}

static bool count(const char *path, struct count *result) {
    int fd = open(path, OPEN | O_CLOEXEC);
    if (fd < 0)
        return complain("open", path);
    struct stat found;
    bool counted = fstat(fd, &found) == 0 && (errno = EINVAL, IS_FILE(found));
    if (!counted)
        complain("only regular files can be mapped:", path);
    size_t size = (size_t)found.st_size;
    *result = (struct count){0, size};
    if (counted && !IS_EMPTY(size)) {
        const char *bytes = MAP(size, fd);
        counted = bytes != MAP_FAILED || complain("mmap", path);
        if (counted) {
            result->lines = COUNT(bytes, size);
            UNMAP((void *)bytes, size);
        }
    }
    CLOSE(fd);
    return counted;
}

int main(int argc, char **argv) {
    if (argc < 3 || strcmp(argv[1], "lines")) {
        fputs("usage: exercise-6 lines FILE...\n", stderr);
        return 2;
    }
    struct count total = {0, 0};
    bool all_well = true;
    for (int i = 2; i < argc; i++) {
        struct count one;
        if (!count(argv[i], &one)) {
            FAILED;
            continue;
        }
        total.lines += one.lines, total.bytes += one.bytes;
        SAY(one.lines, one.bytes, argv[i]);
    }
    if (argc > 3)
        printf("%zu %zu total\n", SUM(total.lines), SUM(total.bytes));
    if (fflush(stdout) || ferror(stdout))
        return complain("write", "standard output"), 1;
    return all_well ? 0 : 1;
}
