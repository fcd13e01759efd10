//! verdict: solved
// The ledger in C: one flush for all records, then the file's and its name's, then the lines. The
// wrong answers beside it are this program with one piece replaced.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOT = 64 };

// The page that holds the slot, whole: msync takes no other address.
#ifndef FLUSH
#define FLUSH(memory, slot)                                                                       \
    msync((memory) + (slot) * SLOT / page() * page(), page(), MS_SYNC)
#endif
// How a new file's name gets to the disk.
#ifndef FLUSH_NAME
#define FLUSH_NAME(fd, path) fsync(fd)
#endif
// What the file grows to when its `slots` are all used.
#ifndef GROWN
#define GROWN(slots) (((slots) * SLOT / page() + 1) * page())
#endif
// How a text gets into its slot.
#ifndef STORE
#define STORE(memory, fd, slot, text) strncpy((memory) + (slot) * SLOT, text, SLOT)
#endif
// The first slot to look at.
#ifndef FIRST
#define FIRST(memory, size) 0
#endif
#ifndef OPEN_LIST
#define OPEN_LIST O_RDONLY
#endif
#ifndef IS_FIT
#define IS_FIT(text) (*(text) && strlen(text) < SLOT && !strchr(text, '\n'))
#endif
// One flush for all, then all the lines; or each text by itself, line and all.
#ifndef SAY
#define SAY(memory, fd, slots, count, path)                                                       \
    for (int i = 0; i < (count); i++)                                                             \
        must(FLUSH(memory, (slots)[i]) == 0, "msync", path);                                      \
    if (is_new)                                                                                   \
        must(FLUSH_NAME(fd, path) == 0, "fsync", path);                                           \
    for (int i = 0; i < (count); i++)                                                             \
        say((slots)[i]);
#endif
#ifndef PRINT
#define PRINT(slot) printf("%.*s\n", (int)strnlen(slot, SLOT), slot)
#endif

static size_t page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static void must(bool done, const char *step, const char *file) {
    if (done)
        return;
    fprintf(stderr, "error: %s %s: %s\n", step, file, strerror(errno));
    exit(1);
}

static void say(size_t slot) {
    must(printf("durable %zu\n", slot) > 0 && fflush(stdout) == 0, "write", "standard output");
}

static size_t size_of(int fd, const char *path) {
    struct stat found;
    must(fstat(fd, &found) == 0, "fstat", path);
    errno = EINVAL;
    must(S_ISREG(found.st_mode) && found.st_size % SLOT == 0, "no ledger of 64-byte slots:", path);
    return (size_t)found.st_size;
}

static char *map(int fd, size_t size, int prot, const char *path) {
    char *memory = mmap(NULL, size, prot, MAP_SHARED, fd, 0);
    must(memory != MAP_FAILED, "mmap", path);
    return memory;
}

static void record(const char *path, char **texts, int count) {
    errno = EINVAL;
    for (int i = 0; i < count; i++)
        must(IS_FIT(texts[i]), "a text has 1 to 63 bytes, no newline:", path);
    bool is_new = false;
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        is_new = true;
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    must(fd >= 0, "open", path);
    size_t size = size_of(fd, path);
    char *memory = size ? map(fd, size, PROT_READ | PROT_WRITE, path) : NULL;
    size_t slot = FIRST(memory, size);
    size_t *slots = calloc((size_t)count, sizeof *slots);
    for (int i = 0; i < count; i++, slot++) {
        while (slot < size / SLOT && memory[slot * SLOT])
            slot++;
        if (slot == size / SLOT) {
            size_t grown = GROWN(slot);
            must(ftruncate(fd, (off_t)grown) == 0, "ftruncate", path);
            if (size)
                munmap(memory, size);
            memory = map(fd, grown, PROT_READ | PROT_WRITE, path);
            size = grown;
        }
        STORE(memory, fd, slot, texts[i]);
        slots[i] = slot;
    }
    SAY(memory, fd, slots, count, path)
}

static void list(const char *path) {
    int fd = open(path, OPEN_LIST | O_NONBLOCK | O_CLOEXEC);
    must(fd >= 0, "open", path);
    size_t size = size_of(fd, path);
    const char *memory = size ? map(fd, size, PROT_READ, path) : NULL;
    for (const char *slot = memory; slot < memory + size; slot += SLOT)
        if (*slot)
            PRINT(slot);
    must(fflush(stdout) == 0 && !ferror(stdout), "write", "standard output");
}

int main(int argc, char **argv) {
    if (argc >= 4 && strcmp(argv[1], "record") == 0)
        return record(argv[2], argv + 3, argc - 3), 0;
    if (argc == 3 && strcmp(argv[1], "list") == 0)
        return list(argv[2]), 0;
    fputs("usage: exercise-3 record FILE TEXT... | list FILE\n", stderr);
    return 2;
}
