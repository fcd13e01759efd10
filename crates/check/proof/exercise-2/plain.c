/* verdict: core
   A plain answer: it polls, and never gives up. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct box { _Atomic unsigned full, length; char text[4088]; };

static int wait_until(struct box *box, unsigned value) {
    while (box->full != value) {
        if (box->full > 1) return 1;
        usleep(1000);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    int file = open(argv[2], O_RDWR | O_CREAT, 0644);
    if (file < 0 || ftruncate(file, 4096) < 0) return 1;
    struct box *box = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (box == MAP_FAILED) return 1;
    if (strcmp(argv[1], "post") == 0) {
        if (wait_until(box, 0)) return 1;
        box->length = strlen(argv[3]);
        memcpy(box->text, argv[3], box->length);
        box->full = 1;
    } else {
        if (wait_until(box, 1)) return 1;
        unsigned length = box->length;
        if (length > 4088) return 1;
        printf("%.*s\n", (int)length, box->text);
        fflush(stdout);
        box->full = 0;
    }
    return 0;
}
