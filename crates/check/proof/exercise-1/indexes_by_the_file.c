//! verdict: past-the-mapping
// The mapping begins at OFFSET's page. Its bytes are counted as if it began at FILE's first byte.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    long offset = atol(argv[3]), page = sysconf(_SC_PAGESIZE), start = offset - offset % page;
    struct stat found;
    long length = strlen(argv[4]);
    int file = open(argv[2], O_RDWR | O_CREAT, 0644);
    if (file < 0 || fstat(file, &found) < 0) return 1;
    if (found.st_size < offset + length && ftruncate(file, offset + length) < 0) return 1;
    // Nothing is mapped above the mapping.
    char *hole = mmap(NULL, 64 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(hole, 64 * page);
    long size = offset % page + length;
    char *memory = mmap(hole, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, start);
    if (memory == MAP_FAILED) return 1;
    memcpy(memory + offset, argv[4], length);
    return 0;
}
