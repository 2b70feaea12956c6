/* vitalrig lock: a device for oneself, for a while.
 *
 * With a daemon it is a lease; alone it is held by a process in the background for as long as the shell lives that asked for it.  Without a daemon it
 * is the lock that runs take, for as long as a command runs. */
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/amount.h"
#include "cli/client_options.h"
#include "cli/command.h"
#include "cli/lease.h"
#include "cli/own_lock.h"
#include "cli/owner.h"
#include "cli/say.h"
#include "cli/stop.h"
#include "cli/verb.h"
#include "port/dut_lock.h"
#include "scenario/rig.h"

#define EXIT_LOST 3

struct lock_arguments {
    struct vr_client_choice choice;
    const char *rig, *dut, *reason;
    char *const *command; /* NULL = none */
    double for_s, wait_s;
};

enum { KEY_RIG = 256, KEY_FOR, KEY_REASON, KEY_WAIT, KEY_NO_WAIT };

static const struct argp_option options[] = {
    {"for", KEY_FOR, "T", 0,
     "Let go after this time, in s or h:mm:ss (default: the longest that the daemon allows)", 0},
    {"reason", KEY_REASON, "TEXT", 0, "What for: others read it while they wait", 0},
    {"wait", KEY_WAIT, "T", 0, "Wait so long at most (default: as long as it takes)", 0},
    {"no-wait", KEY_NO_WAIT, NULL, 0, "Do not wait", 0},
    {"rig", KEY_RIG, "FILE", 0, "The bench (default: $VITALRIG_RIG)", 0},
    {0},
};

static void parse_word(struct argp_state *state, struct lock_arguments *arguments, char *word)
{
    bool is_quoted = state->quoted && state->next > state->quoted;
    if (is_quoted && arguments->dut) {
        arguments->command = &state->argv[state->next - 1];
        state->next = state->argc;
    } else if (arguments->dut) {
        argp_error(state, "\"%s\" is one argument too many; a command stands behind --", word);
    } else {
        arguments->dut = word;
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct lock_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->choice;
        break;
    case KEY_RIG:
        arguments->rig = argument;
        break;
    case KEY_FOR:
        arguments->for_s = vr_amount_seconds(state, "--for", argument);
        break;
    case KEY_REASON:
        arguments->reason = argument;
        break;
    case KEY_WAIT:
        arguments->wait_s = vr_amount_seconds(state, "--wait", argument);
        break;
    case KEY_NO_WAIT:
        arguments->wait_s = 0;
        break;
    case ARGP_KEY_ARG:
        parse_word(state, arguments, argument);
        break;
    case ARGP_KEY_END:
        if (!arguments->dut)
            argp_error(state, "which device? `vitalrig who` lists them");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* --- with a daemon --------------------------------------------------------------------------------- */

/* A device that is lost while its command runs is used by others now: the command is asked to end, and what it did is not to be trusted. */
static int run_under_lease(
    struct vr_lease *lease, char *const *argv, int *ret_exit_code, struct vr_err *err)
{
    struct vr_command command;
    int r = vr_command_start(argv, &command, err);
    if (r < 0)
        return r;
    struct pollfd end = {.fd = command.fd, .events = POLLIN};
    struct vr_err lost = {0};
    if (vr_lease_keep(lease, &end, &lost) < 0) {
        vr_say("%s; %s is asked to end", lost.text, argv[0]);
        vr_command_stop(&command);
    }
    *ret_exit_code = vr_command_finish(&command);
    if (lost.code)
        *ret_exit_code = EXIT_LOST;
    return 0;
}

static int leave_lease(
    const struct lock_arguments *arguments, const struct vr_lease *lease, pid_t caller,
    int caller_fd, struct vr_err *err)
{
    if (getppid() != caller)
        return vr_err_set(
            err, VR_ERR_INTERRUPTED, "the shell that asked for %s has gone", arguments->dut);
    vr_say(
        "%s is locked until %s, or until `vitalrig unlock %s`, or until the shell ends",
        arguments->dut, vr_lease_until(lease), arguments->dut);
    return vr_lease_leave(lease, caller_fd, arguments->for_s, err);
}

static int lock_there(
    const struct lock_arguments *arguments, struct vr_client *client, int *ret_exit_code,
    struct vr_err *err)
{
    _cleanup_(vr_lease_releasep) struct vr_lease *lease = NULL;
    pid_t caller = getppid();
    _cleanup_close_ int caller_fd = arguments->command ? -1 : pidfd_open(caller, 0);
    if (!arguments->command && caller_fd < 0)
        return vr_err_set(
            err, VR_ERR_IO, "the shell that asks for %s cannot be watched: %s", arguments->dut,
            strerror(errno));
    const struct vr_lease_wish wish = {
        .dut = arguments->dut,
        .reason = arguments->reason,
        .for_s = arguments->for_s,
        .wait_s = arguments->wait_s,
        .pid = arguments->command ? getpid() : caller,
    };
    int r = vr_lease_take(client, &wish, &lease, err);
    if (r < 0)
        return r;
    return arguments->command ? run_under_lease(lease, arguments->command, ret_exit_code, err)
                              : leave_lease(arguments, lease, caller, caller_fd, err);
}

/* --- without ------------------------------------------------------------------------------------------ */

static void say_holder(void *context, const struct vr_dut_holder *holder)
{
    const struct lock_arguments *arguments = context;
    char text[512];
    vr_say(
        "waiting: %s is held by %s", arguments->dut, vr_dut_holder_text(holder, text, sizeof text));
}

static int check_device(
    const struct lock_arguments *arguments, const struct vr_rig *rig, struct vr_err *err)
{
    const struct vr_rig_dut *dut = NULL;
    int r = vr_rig_find(rig, arguments->dut, &dut, err);
    if (r == 0 && dut->place.line == 0)
        r = vr_err_set(
            err, VR_ERR_USAGE, "%s is built in, and everybody has one: there is nothing to lock",
            arguments->dut);
    return r;
}

static int lock_here(struct lock_arguments *arguments, int *ret_exit_code, struct vr_err *err)
{
    _cleanup_(vr_rig_destroyp) struct vr_rig *rig = NULL;
    struct vr_dut_lock lock = VR_DUT_LOCK_NONE;
    struct vr_dut_holder self = {0};
    struct vr_command command;
    if (!arguments->command)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "no daemon is here to hold %s; say for which command: vitalrig lock %s -- COMMAND",
            arguments->dut, arguments->dut);
    if (!arguments->rig)
        return vr_err_set(
            err, VR_ERR_USAGE, "which bench is %s of? Give its --rig, or set VITALRIG_RIG",
            arguments->dut);
    int r = vr_rig_load(arguments->rig, &rig, err);
    if (r == 0)
        r = check_device(arguments, rig, err);
    if (r < 0)
        return r;
    snprintf(self.program, sizeof self.program, "vitalrig lock");
    snprintf(self.reason, sizeof self.reason, "%s", arguments->reason);
    r = vr_dut_lock_take(
        rig->name, arguments->dut, &self, arguments->wait_s, vr_stop_catch(), say_holder, arguments,
        &lock, NULL, err);
    if (r < 0)
        return r;
    vr_own_lock_tell(rig->name, arguments->dut);
    r = vr_command_start(arguments->command, &command, err);
    if (r == 0)
        *ret_exit_code = vr_command_finish(&command);
    vr_dut_lock_release(&lock);
    return r;
}

static int lock_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_client_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "NAME [-- COMMAND...]",
        "A device for oneself, for a while: others wait, and a daemon runs only jobs of its holder "
        "on it.  Alone it "
        "returns when the device is had; it is held until `vitalrig unlock NAME`, until the shell "
        "that called it "
        "ends, or until the time is over.  With a COMMAND it is held as long as that runs.\v"
        "Exit codes: the command's (127 not found, 126 cannot be run); 0 the device is had, 2 "
        "usage, 3 it is held by another (--no-wait, "
        "--wait), the daemon is gone, or the device was lost while the command ran.",
        children,
        NULL,
        NULL};
    _cleanup_(vr_client_closep) struct vr_client *client = NULL;
    struct lock_arguments arguments = {
        .rig = getenv("VITALRIG_RIG"), .reason = "", .for_s = INFINITY, .wait_s = INFINITY};
    struct vr_err err = {0};
    int exit_code = EXIT_SUCCESS;

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = vr_owner_find(&arguments.choice, arguments.rig, &client, &err);
    if (r == 0)
        r = client ? lock_there(&arguments, client, &exit_code, &err)
                   : lock_here(&arguments, &exit_code, &err);
    return r < 0 ? vr_say_err(&err) : exit_code;
}

const struct vr_verb vr_verb_lock = {
    .name = "lock",
    .summary = "have a device for oneself, for a while",
    .run = lock_main,
};
