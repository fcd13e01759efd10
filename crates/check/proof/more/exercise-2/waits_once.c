// verdict: posts-without-waiting
// `if` instead of `while`: it looks twice, and then goes on.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct mailbox {
    volatile uint32_t full, length;
    char text[4088];
};

static struct mailbox *map(const char *name) {
    int file = open(name, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, 4096) < 0) return NULL;
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    struct mailbox *box = map(argv[2]);
    if (!box) return 1;
    if (strcmp(argv[1], "post") == 0) {
        if (box->full != 0) usleep(2000);
        memcpy(box->text, argv[3], strlen(argv[3]));
        box->length = strlen(argv[3]);
        box->full = 1;
        return 0;
    }
    while (box->full == 0) usleep(2000);
    if (box->full != 1 || box->length > sizeof box->text) return 1;
    fwrite(box->text, 1, box->length, stdout);
    putchar('\n');
    box->full = 0;
    return 0;
}
