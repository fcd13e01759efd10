// A number of which the program keeps 32 bits.
#include "../exercise-5/keeps_32_bits.c"
