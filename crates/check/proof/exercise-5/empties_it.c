//! verdict: initialises-again
// It opens FILE with O_TRUNC, whether FILE is there or not.
#define OPENS_WITH (O_RDWR | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC)
#include "by_flock.h"
