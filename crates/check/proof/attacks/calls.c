// Exercise 1, plain, in which one call is not what it should be: DOES says which. Each must get its own reason.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REFUSES_UNALIGNED 1  // Fails without a word if OFFSET is no multiple of the page size.
#define WITHOUT_PROT_WRITE 2 // Maps with PROT_READ alone, and stores.
#define READ_ONLY 3          // Opens FILE for reading only, and does not look at mmap's result.
#define UNMAPS_TOO_MUCH 4    // Unmaps more than it has mapped.
#define REMAPS_TOO_MUCH 5    // Gives mremap a length that no mapping has.
#define BELIEVES_MREMAP 6    // The same, and does not look at the result.
#define PASSES_OFFSET 7      // Gives mmap the OFFSET as it is, by a system call of its own.

#if DOES == WITHOUT_PROT_WRITE
#define RIGHTS PROT_READ
#else
#define RIGHTS (PROT_READ | PROT_WRITE)
#endif
#if DOES == READ_ONLY
#define ACCESS O_RDONLY
#else
#define ACCESS O_RDWR
#endif

static int poke(const char *path, long offset, const char *text) {
    long page = sysconf(_SC_PAGESIZE), inside = offset % page, length = strlen(text);
    struct stat found;
    int file = open(path, ACCESS | O_CREAT, 0600);
    if (file < 0 || fstat(file, &found) < 0) return 1;
#if DOES == REFUSES_UNALIGNED
    if (inside) return 1;
#endif
    if (found.st_size < offset + length && truncate(path, offset + length) < 0) return 1;
#if DOES == PASSES_OFFSET
    char *memory = (char *)syscall(SYS_mmap, NULL, length, RIGHTS, MAP_SHARED, file, offset);
    inside = 0;
#else
    char *memory = mmap(NULL, inside + length, RIGHTS, MAP_SHARED, file, offset - inside);
#endif
#if DOES != READ_ONLY
    if (memory == MAP_FAILED) return 1;
#endif
#if DOES == UNMAPS_TOO_MUCH
    munmap(memory, 64 * page);
#elif DOES == REMAPS_TOO_MUCH || DOES == BELIEVES_MREMAP
    memory = mremap(memory, 512 * page, 1024 * page, MREMAP_MAYMOVE);
#endif
#if DOES == REMAPS_TOO_MUCH
    if (memory == MAP_FAILED) return 1;
#endif
    memcpy(memory + inside, text, length);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    if (strcmp(argv[1], "poke") == 0) return poke(argv[2], atol(argv[3]), argv[4]);
    return 1;
}
