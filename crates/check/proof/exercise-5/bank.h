// What the answers in C have in common: everything but `add_one` and `move_money`, which each
// answer defines before it includes this file.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct bank {
    volatile uint64_t counter;
    volatile uint64_t account[9]; // [0] is the counter's neighbour: account N stands at byte 8 * N.
    char padding[1024 - 80];
    char lock[1024];
    char rest[2048];
};
#define ACCOUNT(bank, number) (((volatile uint64_t *)(bank))[number])

#ifndef OPENS_WITH
#define OPENS_WITH (O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC)
#endif
#ifndef ALSO_SAYS
#define ALSO_SAYS(why)
#endif

static int failed(const char *step, const char *path, const char *why) {
    ALSO_SAYS(why);
    fprintf(stderr, "error: %s \"%s\": %s\n", step, path, why);
    return 1;
}

// The whole text must be a decimal number.
static int number(const char *text, uint64_t *value) {
#ifdef ANY_BASE
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
#endif
    *value = 0;
    if (*text == 0) return 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return 0;
        uint64_t digit = *text - '0';
        if (*value > (UINT64_MAX - digit) / 10) return 0;
        *value = *value * 10 + digit;
    }
#ifdef KEEPS_32_BITS
    *value = (uint32_t)*value;
#endif
    return 1;
}

static struct bank *open_bank(const char *path, int *fd) {
    struct stat found;
    *fd = open(path, OPENS_WITH, 0600);
    if (*fd < 0 || fstat(*fd, &found) < 0) {
        failed("open", path, strerror(errno));
        return NULL;
    }
    if (!S_ISREG(found.st_mode) || (found.st_size != 0 && found.st_size != 4096)) {
        failed("map", path, "not a file of 4096 bytes");
        return NULL;
    }
#ifdef FIRST
    int fresh = found.st_size == 0;
#endif
    if (found.st_size == 0 && ftruncate(*fd, 4096) < 0) { // Twice does no harm.
        failed("ftruncate", path, strerror(errno));
        return NULL;
    }
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (map == MAP_FAILED) {
        failed("mmap", path, strerror(errno));
        return NULL;
    }
#ifdef FIRST
    if (fresh) FIRST(map);
#endif
#ifdef ALWAYS
    ALWAYS(map);
#endif
    return map;
}

static int usage(void) {
    fprintf(stderr, "usage: add FILE TIMES | transfer FILE FROM TO AMOUNT\n");
    return 2;
}

static void prepare(struct bank *bank, int fd);
static void add_one(struct bank *bank, int fd);
// 0: done; otherwise why not.
static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount);

int main(int argc, char **argv) {
    uint64_t times, from, to, amount;
    struct bank *bank;
    int fd;
    if (argc == 4 && strcmp(argv[1], "add") == 0) {
        if (!number(argv[3], &times)) return usage();
        if ((bank = open_bank(argv[2], &fd)) == NULL) return 1;
        prepare(bank, fd);
        for (; times > 0; times--) add_one(bank, fd);
        return 0;
    }
    if (argc == 6 && strcmp(argv[1], "transfer") == 0) {
        if (!number(argv[3], &from) || !number(argv[4], &to) || !number(argv[5], &amount)) return usage();
        if (from < 1 || from > 8 || to < 1 || to > 8 || from == to) return usage();
        if ((bank = open_bank(argv[2], &fd)) == NULL) return 1;
        prepare(bank, fd);
        const char *why = move_money(bank, fd, (int)from, (int)to, amount);
        return why ? failed("transfer", argv[2], why) : 0;
    }
    return usage();
}
