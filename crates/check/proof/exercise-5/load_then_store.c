//! verdict: lost-addition
// No lock at all: between the load and the store another process adds, and its addition is lost.
#include "guarded.h"

static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) {}
static void give(struct bank *bank, int fd) {}
