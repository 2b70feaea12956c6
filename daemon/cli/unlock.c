/* vitalrig unlock: let go of a device. */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_member.h"
#include "cli/client_options.h"
#include "cli/owner.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "port/dut_lock.h"
#include "scenario/rig.h"

struct unlock_arguments {
    struct vr_client_choice choice;
    const char *rig, *dut;
};

enum { KEY_RIG = 256 };

static const struct argp_option options[] = {
    {"rig", KEY_RIG, "FILE", 0, "The bench (default: $VITALRIG_RIG)", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct unlock_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->choice;
        break;
    case KEY_RIG:
        arguments->rig = argument;
        break;
    case ARGP_KEY_ARG:
        if (arguments->dut)
            argp_error(state, "\"%s\" is one argument too many", argument);
        arguments->dut = argument;
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

/* The lease that has the device; others may wait for it.  0 = none. */
static int64_t find_lease(const struct vr_json *leases, const char *dut)
{
    for (const struct vr_json *n = vr_json_first(leases); n; n = vr_json_next(n))
        if (strcmp(vr_member_text(n, "dut"), dut) == 0 && vr_member_text(n, "since")[0])
            return vr_member_int(n, "id", 0);
    return 0;
}

static int unlock_there(struct vr_client *client, const char *dut, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    char path[64];
    const struct vr_json *leases;
    int r = vr_client_list(client, "/v1/leases", "leases", &doc, &leases, err);
    int64_t lease_id = r == 0 ? find_lease(leases, dut) : 0;
    vr_json_doc_destroy(doc);
    if (r < 0)
        return r;
    if (!lease_id)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "nobody has locked \"%s\"; `vitalrig who` tells what is locked",
            dut);
    snprintf(path, sizeof path, "/v1/leases/%" PRId64, lease_id);
    return vr_client_call(client, "DELETE", path, NULL, NULL, err);
}

/* A lock without a daemon ends with the process that has it, and with nothing else. */
static int explain(const struct unlock_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_rig_destroyp) struct vr_rig *rig = NULL;
    struct vr_dut_holder holder = {0};
    char text[512];
    if (!arguments->rig)
        return vr_err_set(
            err, VR_ERR_LINK,
            "there is no daemon here that could hold %s; start vitalrigd, or name its socket with "
            "--socket or VITALRIG_SOCKET",
            arguments->dut);
    int r = vr_rig_load(arguments->rig, &rig, err);
    if (r < 0)
        return r;
    if (!vr_dut_lock_holder(rig->name, arguments->dut, &holder))
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "nobody has locked \"%s\"; `vitalrig who` tells what is locked",
            arguments->dut);
    return vr_err_set(
        err, VR_ERR_DEVICE, "%s is held by %s, without a daemon: it is free when that process ends",
        arguments->dut, vr_dut_holder_text(&holder, text, sizeof text));
}

static int unlock_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_client_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "NAME",
        "Let go of a device that `vitalrig lock NAME` has; an admin does so for everybody.",
        children,
        NULL,
        NULL};
    _cleanup_(vr_client_closep) struct vr_client *client = NULL;
    struct unlock_arguments arguments = {.rig = getenv("VITALRIG_RIG")};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = vr_owner_find(&arguments.choice, arguments.rig, &client, &err);
    if (r == 0)
        r = client ? unlock_there(client, arguments.dut, &err) : explain(&arguments, &err);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_unlock = {
    .name = "unlock",
    .summary = "let go of a device that was locked",
    .run = unlock_main,
};
