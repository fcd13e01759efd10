/* verdict: core
   A plain answer: fsync after each record, and the directory is not its concern. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    int record = strcmp(argv[1], "record") == 0;
    int file = open(argv[2], record ? O_RDWR | O_CREAT : O_RDONLY, 0644);
    struct stat found;
    if (file < 0 || fstat(file, &found) < 0) return 1;
    long page = sysconf(_SC_PAGESIZE), size = found.st_size, slot = 0;
    for (int i = 3; record && i < argc; i++) {
        char *memory = size ? mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0) : NULL;
        while (slot * 64 < size && memory[slot * 64]) slot++;
        if (slot * 64 >= size && ftruncate(file, size = (size / page + 1) * page) < 0) return 1;
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (memory == MAP_FAILED) return 1;
        strncpy(memory + slot * 64, argv[i], 64);
        if (msync(memory, size, MS_SYNC) < 0 || fsync(file) < 0) return 1;
        printf("durable %ld\n", slot);
        fflush(stdout);
    }
    if (record || size == 0) return 0;
    char *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) return 1;
    for (; slot * 64 < size; slot++)
        if (memory[slot * 64]) puts(memory + slot * 64);
    return 0;
}
