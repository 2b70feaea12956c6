/* Options of every verb that can ask a daemon: --socket, --no-daemon, -v. */
#ifndef VR_CLI_CLIENT_OPTIONS_H
#define VR_CLI_CLIENT_OPTIONS_H

#include <argp.h>

#include "cli/client.h"

/* A child parser; its input is a struct vr_client_choice. */
extern const struct argp vr_client_argp;
/* The same for a verb that cannot do without a daemon: no --no-daemon. */
extern const struct argp vr_client_needed_argp;

#endif
