// Exercise 2: the kernel stores the whole box by process_vm_writev, its mark first, its text last.
#define _GNU_SOURCE
#include "../exercise-2/mail.h"
#include <sys/uio.h>

static int post(struct box *box, const char *path, const char *text, uint32_t length) {
    if (await(box, 0)) return failed("wait for", path, "the box is still full, or broken");
    uint32_t full = 1;
    struct iovec from[] = {{&full, 4}, {&length, 4}, {(char *)text, length}};
    struct iovec mark = {(void *)&box->full, 4}, rest[] = {{(void *)&box->length, 4}, {box->text, length}};
    process_vm_writev(getpid(), from, 1, &mark, 1, 0);
    process_vm_writev(getpid(), from + 1, 2, rest, 2, 0);
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
