// Sleeps until somebody kills it.
#include <unistd.h>

int main(void) {
    for (;;) pause();
}
