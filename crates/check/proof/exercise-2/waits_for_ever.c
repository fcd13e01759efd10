//! verdict: edge waits-for-ever
// If the other process never comes, this program waits for ever and says nothing.
#include "mail.h"

static int await_for_ever(struct box *box, uint32_t wanted) {
    for (;; usleep(1000)) {
        uint32_t full = __atomic_load_n(&box->full, __ATOMIC_ACQUIRE);
        if (full == wanted) return 0;
        if (full > 1) return 2;
    }
}

static int post(struct box *box, const char *path, const char *text, uint32_t length) {
    if (await_for_ever(box, 0)) return failed("wait for", path, "the box is still full, or broken");
    memcpy(box->text, text, length);
    box->length = length;
    __atomic_store_n(&box->full, 1, __ATOMIC_RELEASE);
    return 0;
}

static int take(struct box *box, const char *path) {
    char copy[LONGEST];
    if (await_for_ever(box, 1)) return failed("wait for", path, "the box is still empty, or broken");
    uint32_t length = box->length;
    if (length > LONGEST) return failed("take", path, "a length of more than 4088");
    memcpy(copy, box->text, length);
    if (print(copy, length)) return 1;
    __atomic_store_n(&box->full, 0, __ATOMIC_RELEASE);
    return 0;
}
