//! verdict: stored-in-steps
// `full` is wiped and then stored byte by byte: `take` marks the box empty by five stores.
#include "mail.h"

static void mark(struct box *box, uint32_t full) {
    volatile unsigned char *to = (volatile unsigned char *)&box->full, *from = (unsigned char *)&full;
    box->full = 0;
    for (int i = 0; i < 4; i++) to[i] = from[i];
}

static int post(struct box *box, const char *path, const char *text, uint32_t length) {
    if (await(box, 0)) return failed("wait for", path, "the box is still full, or broken");
    memcpy(box->text, text, length);
    box->length = length;
    mark(box, 1);
    return 0;
}

static int take(struct box *box, const char *path) {
    char copy[LONGEST];
    if (await(box, 1)) return failed("wait for", path, "the box is still empty, or broken");
    uint32_t length = box->length;
    if (length > LONGEST) return failed("take", path, "a length of more than 4088");
    memcpy(copy, box->text, length);
    if (print(copy, length)) return 1;
    mark(box, 0);
    return 0;
}
