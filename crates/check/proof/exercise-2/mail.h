// What the answers in C have in common: everything but `post` and `take`, which each defines.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LONGEST 4088
#ifndef PATIENCE
#define PATIENCE 5 // Seconds.
#endif
#ifndef ANY_SIZE
#define ANY_SIZE 0 // Whether a FILE of a wrong size is taken for a box.
#endif
struct box {
    volatile uint32_t full;
    volatile uint32_t length;
    char text[LONGEST];
};

static int failed(const char *step, const char *path, const char *why) {
    fprintf(stderr, "error: %s \"%s\": %s\n", step, path, why);
    return 1;
}

static struct box *open_box(const char *path) {
    struct stat found;
    int fd = open(path, O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0644);
    if (fd < 0 || fstat(fd, &found) < 0) {
        failed("open", path, strerror(errno));
        return NULL;
    }
    if (!S_ISREG(found.st_mode) || (!ANY_SIZE && found.st_size != 0 && found.st_size != 4096)) {
        failed("map", path, "not a file of 4096 bytes");
        return NULL;
    }
    if (found.st_size < 4096 && ftruncate(fd, 4096) < 0) { // Twice does no harm.
        failed("ftruncate", path, strerror(errno));
        return NULL;
    }
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED) {
        failed("mmap", path, strerror(errno));
        return NULL;
    }
#ifdef NEW_BOX
    if (found.st_size == 0) NEW_BOX(map);
#endif
    return map;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

// Waits until `full` is `wanted`. 0: it is; 1: it took too long; 2: it is neither 0 nor 1.
static int await(struct box *box, uint32_t wanted) {
    for (double late = now() + PATIENCE; now() < late; usleep(1000)) {
        uint32_t full = __atomic_load_n(&box->full, __ATOMIC_ACQUIRE);
        if (full == wanted) return 0;
        if (full > 1) return 2;
    }
    return 1;
}

static int print(const char *text, size_t length) {
    if (fwrite(text, 1, length, stdout) == length && putchar('\n') != EOF && fflush(stdout) == 0) return 0;
    return failed("write", "standard output", strerror(errno));
}

static int post(struct box *box, const char *path, const char *text, uint32_t length);
static int take(struct box *box, const char *path);

int main(int argc, char **argv) {
    struct box *box;
    if (argc == 4 && strcmp(argv[1], "post") == 0) {
        size_t length = strlen(argv[3]);
#ifndef CUT
        if (length > LONGEST) return failed("post", argv[2], "the text is too long");
#endif
        if (length > LONGEST) length = LONGEST;
        return (box = open_box(argv[2])) ? post(box, argv[2], argv[3], (uint32_t)length) : 1;
    }
    if (argc == 3 && strcmp(argv[1], "take") == 0) return (box = open_box(argv[2])) ? take(box, argv[2]) : 1;
    fprintf(stderr, "usage: post FILE TEXT | take FILE\n");
    return 2;
}
