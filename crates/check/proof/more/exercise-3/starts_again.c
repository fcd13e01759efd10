// verdict: empties-file
// O_TRUNC in `record`: what was recorded before is gone.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char *ledger;
static long size;

static int map(const char *name, long grows) {
    int file = open(name, O_RDWR | O_CREAT | (grows ? 0 : O_TRUNC), 0600);
    struct stat found;
    if (file < 0 || fstat(file, &found) < 0) return 1;
    long page = sysconf(_SC_PAGESIZE);
    size = found.st_size;
    if (grows && ftruncate(file, size = (size / page + 1) * page) < 0) return 1;
    if (size == 0) return 0;
    ledger = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return ledger == MAP_FAILED || fsync(file) < 0;
}

int main(int argc, char **argv) {
    if (argc < 3 || map(argv[2], 0)) return 1;
    if (strcmp(argv[1], "list") == 0) {
        for (long slot = 0; slot < size / 64; slot++)
            if (ledger[slot * 64]) printf("%.64s\n", ledger + slot * 64);
        return 0;
    }
    for (int i = 3; i < argc; i++) {
        long slot = 0;
        while (slot < size / 64 && ledger[slot * 64]) slot++;
        if (slot == size / 64 && map(argv[2], 1)) return 1;
        strncpy(ledger + slot * 64, argv[i], 64);
        if (msync(ledger, size, MS_SYNC) < 0) return 1;
        printf("durable %ld\n", slot);
        fflush(stdout);
    }
    return 0;
}
