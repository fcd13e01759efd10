// refuse ERRNO CALL,CALL:ARGUMENT,… COMMAND…: runs a command to which the kernel refuses calls, or
// calls with this first argument. Only the calls that the tests name are known.
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct { const char *name; int number; } known[] = {
    {"close_range", SYS_close_range}, {"ptrace", SYS_ptrace}, {"unshare", SYS_unshare},
    {"prctl", SYS_prctl}, {"setresuid", SYS_setresuid}, {"prlimit", SYS_prlimit64},
    {"setpgid", SYS_setpgid}, {"landlock_restrict_self", 446}, {"timer_create", SYS_timer_create},
    {"pidfd_open", SYS_pidfd_open}, {"execveat", SYS_execveat}, {"socketpair", SYS_socketpair},
    {"landlock_create_ruleset", 444}, {"cachestat", 451}, {"memfd_create", SYS_memfd_create},
    {"mount", SYS_mount}, {"sched_getaffinity", SYS_sched_getaffinity},
};
#define INSTRUCTION(code, k) (all[count++] = (struct sock_filter)BPF_STMT(code, k))
#define COMPARE(k, no) (all[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, no))

int main(int argc, char **argv) {
    struct sock_filter all[128];
    unsigned short count = 0;
    for (char *call = strtok(argv[2], ","); call; call = strtok(NULL, ",")) {
        char *argument = strchr(call, ':');
        int number = -1;
        if (argument) *argument++ = 0;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (strcmp(known[i].name, call) == 0) number = known[i].number;
        if (number < 0) return 125;
        INSTRUCTION(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
        COMPARE(number, argument ? 3 : 1);
        if (argument) {
            INSTRUCTION(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args));
            COMPARE(strtoul(argument, NULL, 0), 1);
        }
        INSTRUCTION(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | atoi(argv[1]));
    }
    INSTRUCTION(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {count, all};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 125;
    execvp(argv[3], argv + 3);
    return 125;
}
