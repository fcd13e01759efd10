// Exercise 2 with a loop that waits for `full`, and loads it once, before the loop, as an optimiser may do
// with a plain load. HOW says how it waits.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SPINS 1  // Without an end.
#define SLEEPS 2 // For five seconds.

struct box {
    unsigned full, length;
    char text[4088];
};

static int wait_until(struct box *box, unsigned value) {
    unsigned seen = box->full;
    if (seen > 1) return 1;
#if HOW == SPINS
    while (seen != value) __asm__ volatile("");
#else
    for (time_t end = time(NULL) + 5; seen != value; usleep(1000))
        if (time(NULL) > end) return 1;
#endif
    return 0;
}

static int failed(const char *step) {
    fprintf(stderr, "error: %s FILE\n", step);
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    int file = open(argv[2], O_RDWR | O_CREAT, 0644);
    if (file < 0 || ftruncate(file, 4096) < 0) return failed("size");
    struct box *box = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (box == MAP_FAILED) return failed("map");
    if (strcmp(argv[1], "post") == 0) {
        if (wait_until(box, 0)) return failed("wait for");
        box->length = strlen(argv[3]);
        memcpy(box->text, argv[3], box->length);
        __atomic_store_n(&box->full, 1, __ATOMIC_SEQ_CST);
        return 0;
    }
    if (wait_until(box, 1) || box->length > 4088) return failed("wait for");
    printf("%.*s\n", (int)box->length, box->text);
    fflush(stdout);
    __atomic_store_n(&box->full, 0, __ATOMIC_SEQ_CST);
    return 0;
}
