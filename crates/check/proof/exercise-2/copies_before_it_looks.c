//! verdict: loads-too-early
// Copies the message first, and then looks whether the box is full.
#include "mail.h"

static int post(struct box *box, const char *path, const char *text, uint32_t length) {
    if (await(box, 0)) return failed("wait for", path, "the box is still full, or broken");
    memcpy(box->text, text, length);
    box->length = length;
    __atomic_store_n(&box->full, 1, __ATOMIC_RELEASE);
    return 0;
}

static int take(struct box *box, const char *path) {
    static char copy[LONGEST];
    uint32_t length, full;
    double late = now() + PATIENCE;
    do {
        length = box->length;
        if (length <= LONGEST) memcpy(copy, box->text, length);
        full = __atomic_load_n(&box->full, __ATOMIC_ACQUIRE);
        if (full == 0) usleep(1000);
    } while (full == 0 && now() < late);
    if (full != 1) return failed("wait for", path, "the box is still empty, or broken");
    if (length > LONGEST) return failed("take", path, "a length of more than 4088");
    if (print(copy, length)) return 1;
    __atomic_store_n(&box->full, 0, __ATOMIC_RELEASE);
    return 0;
}
