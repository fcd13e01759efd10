//! verdict: too-many-mappings
// Each of ten children maps four files, and keeps them mapped until all have counted.
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 10
#define EACH 4

struct count {
    size_t lines, bytes;
};

static int count(const char *path, struct count *result) {
    int fd = open(path, O_RDONLY);
    struct stat found;
    if (fd < 0 || fstat(fd, &found) != 0)
        return 1;
    size_t size = (size_t)found.st_size, lines = 0;
    if (size > 0) {
        const char *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
        if (bytes == MAP_FAILED)
            return 1;
        for (size_t i = 0; i < size; i++)
            lines += bytes[i] == '\n';
    }
    *result = (struct count){lines, size};
    return close(fd);
}

int main(int words, char **names) {
    size_t files = words - 2;
    struct count *counts = mmap(NULL, (files + 1) * sizeof *counts, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (size_t at = 0; at < files;) {
        int counted[2], over[2], living = 0;
        char byte;
        if (pipe(counted) != 0 || pipe(over) != 0)
            return 1;
        for (; at < files && living < CHILDREN; at += EACH, living++) {
            if (fork() == 0) {
                close(over[1]);
                int failed = 0;
                for (size_t i = at; i < at + EACH && i < files; i++)
                    failed |= count(names[i + 2], counts + i);
                write(counted[1], "x", 1);
                read(over[0], &byte, 1);
                _exit(failed);
            }
        }
        for (int i = 0; i < living; i++)
            read(counted[0], &byte, 1);
        close(over[1]);
        for (int status; living > 0; living--)
            if (wait(&status) < 0 || status != 0)
                return 1;
        close(over[0]), close(counted[0]), close(counted[1]);
    }
    struct count all = {0, 0};
    for (size_t i = 0; i < files; i++) {
        printf("%zu %zu %s\n", counts[i].lines, counts[i].bytes, names[i + 2]);
        all.lines += counts[i].lines, all.bytes += counts[i].bytes;
    }
    if (files > 1)
        printf("%zu %zu total\n", all.lines, all.bytes);
    return 0;
}
