// verdict: core
// It looks once a second, and counts its sleeps to know when five seconds are over.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct mailbox {
    _Atomic uint32_t full;
    uint32_t length;
    char text[4088];
};

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    int posts = strcmp(argv[1], "post") == 0, file = open(argv[2], O_RDWR | O_CREAT, 0600);
    struct stat found;
    if (file < 0 || fstat(file, &found) < 0) return 1;
    if (found.st_size == 0 && ftruncate(file, 4096) < 0) return 1;
    struct mailbox *box = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (box == MAP_FAILED) return 1;
    for (int sleeps = 0; box->full == (posts ? 1 : 0); sleeps++) {
        if (sleeps == 5) return 1;
        sleep(1);
    }
    if (posts) {
        size_t length = strlen(argv[3]);
        if (length > 4088) return 1;
        memcpy(box->text, argv[3], length);
        box->length = length;
        box->full = 1;
        return 0;
    }
    uint32_t length = *(volatile uint32_t *)&box->length;
    if (box->full != 1 || length > 4088) return 1;
    if (printf("%.*s\n", (int)length, box->text) < 0 || fflush(stdout) == EOF) return 1;
    box->full = 0;
    return 0;
}
