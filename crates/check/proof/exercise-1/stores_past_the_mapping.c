//! verdict: past-the-mapping
// As indexes_by_the_file.c, with other memory above the mapping: the stores are lost there.
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
    long size = offset % page + length;
    char *other = mmap(NULL, 64 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *memory = mmap(other, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, start);
    if (memory == MAP_FAILED) return 1;
    memcpy(memory + offset, argv[4], length);
    return 0;
}
