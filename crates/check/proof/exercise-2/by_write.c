//! verdict: bytes-not-by-mapping
// The message goes out by pwrite: the mapping only serves to look at the mark.
#include "mail.h"

static int post(struct box *box, const char *path, const char *text, uint32_t length) {
    if (await(box, 0)) return failed("wait for", path, "the box is still full, or broken");
    int fd = open(path, O_WRONLY);
    uint32_t full = 1;
    if (fd < 0 || pwrite(fd, text, length, 8) != length || pwrite(fd, &length, 4, 4) != 4
        || pwrite(fd, &full, 4, 0) != 4)
        return failed("write", path, strerror(errno));
    return 0;
}

static int take(struct box *box, const char *path) {
    char copy[LONGEST];
    if (await(box, 1)) return failed("wait for", path, "the box is still empty, or broken");
    uint32_t length = box->length;
    if (length > LONGEST) return failed("take", path, "a length of more than 4088");
    memcpy(copy, box->text, length);
    if (print(copy, length)) return 1;
    __atomic_store_n(&box->full, 0, __ATOMIC_RELEASE);
    return 0;
}
