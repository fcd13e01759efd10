//! verdict: stored-in-steps, waits
// A transfer wipes an account, and then stores the new number, with the lock held all the time.
#define SET(account, money) ((account) = 0, (account) = (money))
#include "../../exercise-5/guarded.h"
#include <sys/file.h>

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) { flock(fd, LOCK_EX); }
static void give(struct bank *bank, int fd) { flock(fd, LOCK_UN); }
