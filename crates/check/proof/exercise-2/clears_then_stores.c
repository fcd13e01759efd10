//! verdict: stored-in-steps
// `take` wipes `full` and then stores it byte by byte: it marks the box empty by five stores.
#include "mail.h"

static int post(struct box *box, const char *path, const char *text, uint32_t length) {
    if (await(box, 0)) return failed("wait for", path, "the box is still full, or broken");
    memcpy(box->text, text, length);
    box->length = length;
    __atomic_store_n(&box->full, 1, __ATOMIC_RELEASE);
    return 0;
}

static int take(struct box *box, const char *path) {
    char copy[LONGEST];
    if (await(box, 1)) return failed("wait for", path, "the box is still empty, or broken");
    uint32_t length = box->length;
    if (length > LONGEST) return failed("take", path, "a length of more than 4088");
    memcpy(copy, box->text, length);
    if (print(copy, length)) return 1;
    volatile unsigned char *bytes = (volatile unsigned char *)&box->full;
    box->full = 0;
    for (int i = 0; i < 4; i++) bytes[i] = 0;
    return 0;
}
