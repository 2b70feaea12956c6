/* Scenarios named on a command line: a file, or a folder, which stands for its *.json in the order of their names. */
#ifndef VR_CLI_SCENARIOS_H
#define VR_CLI_SCENARIOS_H

#include "base/err.h"

/* Call `fn` with each scenario file that `path` stands for; what it returns is its own affair.  VR_ERR_EMPTY for a folder without
 * scenarios, VR_ERR_IO for one that cannot be read.  A path that does not exist is passed on as it is: whoever reads it says so. */
int vr_scenarios_each(
    const char *path, void (*fn)(void *context, const char *file), void *context,
    struct vr_err *err);

/* Of two exit codes the one that says most: internal error, stopped, a failed algorithm, what is wrong, rig trouble, inconclusive, nothing selected. */
int vr_exit_worse(int a, int b);

#endif
