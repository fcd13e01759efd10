//! verdict: solved
// Built differently: turns in a loop without a call, and copies by a string instruction.
#include "mail.h"

static void copy(void *to, const void *from, size_t length) {
#ifdef __x86_64__
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
#else
    memcpy(to, from, length);
#endif
}
static int turn_until(struct box *box, uint32_t wanted) {
    for (double late = now() + 5; now() < late;) {
        for (int turns = 0; turns < 1000; turns++) {
            uint32_t full = __atomic_load_n(&box->full, __ATOMIC_ACQUIRE);
            if (full == wanted) return 0;
            if (full > 1) return 2;
        }
    }
    return 1;
}

static int post(struct box *box, const char *path, const char *text, uint32_t length) {
    if (turn_until(box, 0)) return failed("wait for", path, "the box is still full, or broken");
    copy(box->text, text, length);
    box->length = length;
    __atomic_store_n(&box->full, 1, __ATOMIC_RELEASE);
    return 0;
}

static int take(struct box *box, const char *path) {
    char copy_[LONGEST];
    if (turn_until(box, 1)) return failed("wait for", path, "the box is still empty, or broken");
    uint32_t length = box->length;
    if (length > LONGEST) return failed("take", path, "a length of more than 4088");
    copy(copy_, box->text, length);
    if (print(copy_, length)) return 1;
    __atomic_store_n(&box->full, 0, __ATOMIC_RELEASE);
    return 0;
}
