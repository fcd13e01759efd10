//! verdict: past-the-length
// Prints the text up to a NUL: what an older message has left behind is printed, too.
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
    if (box->length > LONGEST) return failed("take", path, "a length of more than 4088");
    if (print(box->text, strnlen(box->text, LONGEST))) return 1;
    __atomic_store_n(&box->full, 0, __ATOMIC_RELEASE);
    return 0;
}
