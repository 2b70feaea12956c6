/* A command run for as long as something is held: it gets the terminal's Ctrl-C by itself, and does not outlive this program. */
#ifndef VR_CLI_COMMAND_H
#define VR_CLI_COMMAND_H

#include <sys/types.h>

#include "base/err.h"

struct vr_command {
    pid_t pid;
    int fd; /* pidfd: readable when it has ended */
};

/* argv[0] is looked for in PATH; NULL at the end.  From then on SIGINT and SIGQUIT are the command's alone, and SIGTERM and SIGHUP are passed on. */
int vr_command_start(char *const *argv, struct vr_command *ret_command, struct vr_err *err);
/* Wait for its end.  Its exit code, 128 + signal when one ended it, 127 when it was not found, 126 when it could not be run. */
int vr_command_finish(struct vr_command *command);
void vr_command_stop(const struct vr_command *command); /* SIGTERM */

#endif
