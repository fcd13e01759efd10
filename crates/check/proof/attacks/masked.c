// A right exercise 5. Each process enters itself in a free slot, by a masked store (maskmovdqu) of one slot that
// leaves its neighbours alone. In the end the slot must hold what was entered.
#include "../exercise-5/bank.h"
#include <emmintrin.h>
#include <sys/file.h>

#define SLOTS 4
#define LOCKS 3000 // Record locks from this byte on say which slots are taken.

static volatile uint32_t *slots;
static int own;

static void enter(void) {
    uint32_t values[SLOTS] = {0}, mask[SLOTS] = {0};
    values[own] = 7;
    mask[own] = UINT32_MAX;
    __m128i all = _mm_loadu_si128((void *)values), which = _mm_loadu_si128((void *)mask);
    _mm_maskmoveu_si128(all, which, (char *)slots);
    _mm_sfence();
}

static void prepare(struct bank *bank, int fd) {
    slots = (void *)(bank->lock + 512);
    for (own = 0; own < SLOTS; own++) {
        struct flock slot = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCKS + own, .l_len = 1};
        if (fcntl(fd, F_SETLK, &slot) == 0) break;
    }
    if (own < SLOTS) enter();
}

static void lock(int fd) { flock(fd, LOCK_EX); }
static void unlock(int fd) {
    if (own < SLOTS && slots[own] != 7) exit(3);
    flock(fd, LOCK_UN);
}

static void add_one(struct bank *bank, int fd) {
    lock(fd);
    bank->counter++;
    unlock(fd);
}

static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
    const char *why = NULL;
    lock(fd);
    if (ACCOUNT(bank, from) < amount) why = "not enough money";
    else if (ACCOUNT(bank, to) > UINT64_MAX - amount) why = "too much money";
    else {
        ACCOUNT(bank, from) -= amount;
        ACCOUNT(bank, to) += amount;
    }
    unlock(fd);
    return why;
}
