// Exercise 2, right but for `post`: it takes a full box whose message has 0 bytes for an empty one.
#include "../exercise-2/mail.h"

// Waits until the box is empty, or full of nothing.
static int await_room(struct box *box) {
    for (double late = now() + PATIENCE; now() < late; usleep(1000)) {
        uint32_t full = __atomic_load_n(&box->full, __ATOMIC_ACQUIRE);
        if (full == 0 || (full == 1 && box->length == 0)) return 0;
        if (full > 1) return 2;
    }
    return 1;
}

static int post(struct box *box, const char *path, const char *text, uint32_t length) {
    if (await_room(box)) return failed("wait for", path, "the box is still full, or broken");
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
    __atomic_store_n(&box->full, 0, __ATOMIC_RELEASE);
    return 0;
}
