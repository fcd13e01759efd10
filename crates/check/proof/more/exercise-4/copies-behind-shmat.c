//! verdict: copied-without-need
// Each page of a private mapping is stored to, and then shared memory takes the mapping's place.
#include <stddef.h>
static char *behind_shmat(size_t, int);
#define MAP(size, fd) behind_shmat(size, fd)
#include "../../exercise-4/right-in-c.c"
#include <sys/shm.h>

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))

static char *behind_shmat(size_t size, int fd) {
    volatile char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    for (size_t at = 0; bytes != MAP_FAILED && at < size; at += PAGE)
        bytes[at] = bytes[at];
    int memory = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
    void *place = shmat(memory, (void *)bytes, SHM_REMAP);
    shmctl(memory, IPC_RMID, NULL);
    if (place != (void *)-1)
        shmdt(place);
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
}
