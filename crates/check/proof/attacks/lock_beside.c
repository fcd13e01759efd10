// Exercise 2 with flock on a file beside FILE: `post` marks the box full before the message is there.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

struct box { volatile uint32_t full, length; char text[4088]; };

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    int lock = open("FILE.lock", O_RDWR | O_CREAT, 0600);
    int file = open(argv[2], O_RDWR | O_CREAT, 0600);
    if (lock < 0 || file < 0 || ftruncate(file, 4096) < 0) return 1;
    struct box *box = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (box == MAP_FAILED) return 1;
    uint32_t wanted = strcmp(argv[1], "post") != 0, full;
    for (;;) {
        flock(lock, LOCK_SH);
        full = box->full;
        flock(lock, LOCK_UN);
        if (full == wanted) break;
        if (full > 1) return 1;
        usleep(1000);
    }
    if (wanted) {
        flock(lock, LOCK_EX);
        uint32_t length = box->length;
        if (length > 4088) return 1;
        if (printf("%.*s\n", (int)length, box->text) < 0 || fflush(stdout)) return 1;
        box->full = 0;
    } else {
        flock(lock, LOCK_EX);
        box->full = 1;
        flock(lock, LOCK_UN);
        for (int i = 0; i < 5; i++) usleep(1000);
        flock(lock, LOCK_EX);
        box->length = strlen(argv[3]);
        memcpy(box->text, argv[3], strlen(argv[3]));
    }
    flock(lock, LOCK_UN);
    return 0;
}
