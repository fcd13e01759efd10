// Exercise 2, right if this process is traced. If not, DOES says what is wrong.
#define _GNU_SOURCE
#include "../exercise-2/mail.h"
#include "is_traced.h"

#define POSTS_AT_ONCE 1 // `post` does not wait until the box is empty.
#define TAKES_AT_ONCE 2 // `take` does not wait until the box is full.
#define MARKS_FIRST 3   // `post` marks the box full, and then stores the text.
#define EMPTIES_FIRST 4 // `take` marks the box empty, and then loads the text.
// The last two wait between their two steps, so that the other process comes in between on a busy machine, too.

static int post(struct box *box, const char *path, const char *text, uint32_t length) {
    int traced = is_traced();
    if ((traced || DOES != POSTS_AT_ONCE) && await(box, 0))
        return failed("wait for", path, "the box is still full, or broken");
    if (!traced && DOES == MARKS_FIRST) {
        __atomic_store_n(&box->full, 1, __ATOMIC_SEQ_CST);
        usleep(2000);
    }
    memcpy(box->text, text, length);
    box->length = length;
    __atomic_store_n(&box->full, 1, __ATOMIC_RELEASE);
    return 0;
}

static int take(struct box *box, const char *path) {
    char copy[LONGEST];
    int traced = is_traced();
    if ((traced || DOES != TAKES_AT_ONCE) && await(box, 1))
        return failed("wait for", path, "the box is still empty, or broken");
    uint32_t length = box->length;
    if (length > LONGEST) return failed("take", path, "a length of more than 4088");
    if (!traced && DOES == EMPTIES_FIRST) {
        __atomic_store_n(&box->full, 0, __ATOMIC_SEQ_CST);
        usleep(2000);
    }
    memcpy(copy, box->text, length);
    if (print(copy, length)) return 1;
    __atomic_store_n(&box->full, 0, __ATOMIC_RELEASE);
    return 0;
}
