//! verdict: core
// Opens and maps FILE again for each look at `full`: slow, and right.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct box { volatile unsigned full, length; char text[4088]; };

static struct box *map(const char *path) {
    int file = open(path, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, 4096) < 0) return MAP_FAILED;
    struct box *box = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return box;
}

static int wait_until(const char *path, unsigned value) {
    for (;;) {
        struct box *box = map(path);
        if (box == MAP_FAILED) return 1;
        unsigned full = box->full;
        munmap(box, 4096);
        if (full == value) return 0;
        if (full > 1) return 1;
        usleep(1000);
    }
}

int main(int argc, char **argv) {
    if (argc < 3 || (strcmp(argv[1], "post") == 0 && argc < 4)) return 2;
    if (wait_until(argv[2], argc > 3 ? 0 : 1)) return 1;
    struct box *box = map(argv[2]);
    if (box == MAP_FAILED) return 1;
    if (argc > 3) {
        box->length = strlen(argv[3]);
        memcpy(box->text, argv[3], strlen(argv[3]));
        __atomic_store_n(&box->full, 1, __ATOMIC_RELEASE);
        return 0;
    }
    unsigned length = box->length;
    if (length > 4088) return 1;
    printf("%.*s\n", (int)length, box->text);
    fflush(stdout);
    box->full = 0;
    return 0;
}
