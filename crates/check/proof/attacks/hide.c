// A library for LD_PRELOAD: to open a file in /proc whose name is in HIDDEN fails with ENOENT.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int is_hidden(const char *path) {
    const char *name = strrchr(path, '/'), *hidden = getenv("HIDDEN");
    return strncmp(path, "/proc/", 6) == 0 && hidden && strcmp(name + 1, hidden) == 0;
}

#define HIDE(open)                                                                 \
    int open(const char *path, int flags, ...) {                                   \
        va_list arguments;                                                         \
        va_start(arguments, flags);                                                \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0; \
        va_end(arguments);                                                         \
        int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, #open);             \
        if (!is_hidden(path)) return next(path, flags, mode);                      \
        errno = ENOENT;                                                            \
        return -1;                                                                 \
    }
HIDE(open)
HIDE(open64)
