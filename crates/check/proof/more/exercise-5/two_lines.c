//! verdict: edge too-many-error-lines
// A failure gets two lines: one where it is seen, and one in `main`.
#define ALSO_SAYS(why) fprintf(stderr, "sorry: %s\n", why)
#include "../../exercise-5/by_flock.h"
