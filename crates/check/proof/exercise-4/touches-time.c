//! verdict: file-touched
// As if it had been saved: FILE gets the time of now.
#define AFTER(fd, path) must(futimens(fd, NULL) == 0, "utime", path);
#include "right-in-c.c"
