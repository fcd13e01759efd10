// A right answer (ANSWER) that opens without O_NONBLOCK: it waits at a FIFO.
#define _GNU_SOURCE
#include <fcntl.h>
#undef O_NONBLOCK
#define O_NONBLOCK 0
#include ANSWER
