#include "cli/client_options.h"

enum { KEY_SOCKET = 0x2000, KEY_NO_DAEMON };

#define SOCKET_OPTION \
    { \
        "socket", KEY_SOCKET, "PATH", 0, \
            "The daemon's socket (default: $VITALRIG_SOCKET, else the usual places)", 0 \
    }
#define VERBOSE_OPTION \
    { \
        "verbose", 'v', NULL, 0, "Say why no daemon is asked", 0 \
    }

static const struct argp_option options[] = {
    SOCKET_OPTION,
    {"no-daemon", KEY_NO_DAEMON, NULL, 0, "As if no daemon were there", 0},
    VERBOSE_OPTION,
    {0},
};

static const struct argp_option needed_options[] = {
    SOCKET_OPTION,
    VERBOSE_OPTION,
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct vr_client_choice *choice = state->input;
    switch (key) {
    case KEY_SOCKET:
        choice->socket = argument;
        break;
    case KEY_NO_DAEMON:
        choice->none = true;
        break;
    case 'v':
        choice->verbose = true;
        break;
    case ARGP_KEY_END:
        if (choice->none && choice->socket)
            argp_error(state, "--socket names a daemon, and --no-daemon wants none: give one");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp vr_client_argp = {.options = options, .parser = parse};
const struct argp vr_client_needed_argp = {.options = needed_options, .parser = parse};
