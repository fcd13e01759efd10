// A right answer (ANSWER) that first does something else (DOES).
#include "does.h"
#define main answer
#include ANSWER
#undef main

int main(int argc, char **argv) {
    DOES();
    return answer(argc, argv);
}
