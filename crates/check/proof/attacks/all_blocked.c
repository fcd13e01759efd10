// all_blocked COMMAND…: runs a command that begins with all signals blocked.
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

int main(int argc, char **argv) {
    sigset_t all;
    sigfillset(&all);
    if (argc < 2 || sigprocmask(SIG_SETMASK, &all, NULL)) return 125;
    execvp(argv[1], argv + 1);
    return 125;
}
