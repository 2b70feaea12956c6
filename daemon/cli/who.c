/* vitalrig who: the devices of the bench, and who has them: as the daemon knows it, else as the locks of the rig's devices tell. */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_member.h"
#include "cli/answer.h"
#include "cli/client_options.h"
#include "cli/owner.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "port/dut_lock.h"
#include "report/plain.h"
#include "scenario/rig.h"

struct who_arguments {
    struct vr_client_choice choice;
    const char *rig;
    bool json;
};

enum { KEY_RIG = 256 };

static const struct argp_option options[] = {
    {"rig", KEY_RIG, "FILE", 0, "The bench (default: $VITALRIG_RIG)", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct who_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->choice;
        break;
    case KEY_RIG:
        arguments->rig = argument;
        break;
    case 'j':
        arguments->json = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* One device and its holder; texts "" and numbers 0 = none. */
struct place {
    const char *name, *model, *state, *reason;
    const char *user, *program, *what, *since, *until;
    int64_t pid, job, lease;
};

/* --- showing ------------------------------------------------------------------------------------------ */

static void write_text(struct vr_json_writer *writer, const char *key, const char *text)
{
    vr_json_write_string(writer, key, text[0] ? text : NULL);
}

static void write_number(struct vr_json_writer *writer, const char *key, int64_t number)
{
    if (number)
        vr_json_write_int(writer, key, number);
    else
        vr_json_write_null(writer, key);
}

static void write_place(struct vr_json_writer *writer, const struct place *place)
{
    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "name", place->name);
    vr_json_write_string(writer, "model", place->model);
    vr_json_write_string(writer, "state", place->state);
    vr_json_write_string(writer, "reason", place->reason);
    if (place->user[0]) {
        vr_json_write_object(writer, "holder");
        vr_json_write_string(writer, "user", place->user);
        write_number(writer, "pid", place->pid);
        write_text(writer, "program", place->program);
        vr_json_write_string(writer, "reason", place->what);
        write_text(writer, "since", place->since);
        write_text(writer, "until", place->until);
        write_number(writer, "job", place->job);
        write_number(writer, "lease", place->lease);
        vr_json_write_end(writer);
    } else {
        vr_json_write_null(writer, "holder");
    }
    vr_json_write_end(writer);
}

static void put_place(const struct place *place)
{
    const char *why = place->what[0] ? place->what : place->reason;
    vr_plain_put_padded(place->name, 16, stdout);
    putchar(' ');
    vr_plain_put_padded(place->state, place->user[0] || why[0] ? 12 : 0, stdout);
    if (place->user[0]) {
        putchar(' ');
        vr_plain_put(place->user, stdout);
    }
    if (place->job)
        printf(", job %" PRId64, place->job);
    if (place->pid)
        printf(", pid %" PRId64, place->pid);
    if (place->until[0]) {
        printf(", until ");
        vr_plain_put(place->until, stdout);
    }
    if (why[0]) {
        fputs(place->user[0] ? ": " : " ", stdout);
        vr_plain_put(why, stdout);
    }
    putchar('\n');
}

static void show(struct vr_json_writer *writer, const struct place *place)
{
    if (writer)
        write_place(writer, place);
    else
        put_place(place);
}

/* --- a daemon's bench --------------------------------------------------------------------------------- */

/* The item of a list whose member is that text or number; NULL = none. */
static const struct vr_json *find(
    const struct vr_json *list, const char *key, const char *text, int64_t number)
{
    for (const struct vr_json *n = vr_json_first(list); n; n = vr_json_next(n))
        if (text ? strcmp(vr_member_text(n, key), text) == 0 && vr_member_text(n, "since")[0]
                 : vr_member_int(n, key, 0) == number)
            return n;
    return NULL;
}

static void show_dut(
    struct vr_json_writer *writer, const struct vr_json *dut, const struct vr_json *leases,
    const struct vr_json *jobs)
{
    struct place place = {
        .name = vr_member_text(dut, "name"),
        .model = vr_member_text(dut, "model"),
        .state = vr_member_text(dut, "state"),
        .reason = vr_member_text(dut, "reason"),
        .job = vr_member_int(dut, "job", 0),
        .program = "",
    };
    const struct vr_json *lease = find(leases, "dut", place.name, 0);
    const struct vr_json *job = place.job ? find(jobs, "id", NULL, place.job) : NULL;
    const struct vr_json *holder = job ? job : lease;
    place.user = vr_member_text(holder, "user");
    place.what = vr_member_text(holder, job ? "scenario" : "reason");
    place.since = vr_member_text(holder, job ? "started" : "since");
    place.until = vr_member_text(lease, "until");
    place.lease = vr_member_int(lease, "id", 0);
    place.pid = vr_member_int(lease, "pid", 0);
    show(writer, &place);
}

static int who_there(
    const struct who_arguments *arguments, struct vr_client *client, struct vr_err *err)
{
    struct vr_json_doc *docs[3] = {NULL};
    const struct vr_json *duts, *leases, *jobs;
    struct vr_json_writer writer, *json = arguments->json ? &writer : NULL;
    int r = vr_client_list(client, "/v1/duts", "duts", &docs[0], &duts, err);
    if (r == 0)
        r = vr_client_list(client, "/v1/leases", "leases", &docs[1], &leases, err);
    if (r == 0)
        r = vr_client_list(client, "/v1/jobs?state=running", "jobs", &docs[2], &jobs, err);
    if (r == 0 && json) {
        vr_answer_begin(json);
        vr_json_write_string(json, "daemon", vr_client_socket(client));
        vr_json_write_array(json, "devices");
    }
    for (const struct vr_json *n = r == 0 ? vr_json_first(duts) : NULL; n; n = vr_json_next(n))
        show_dut(json, n, leases, jobs);
    if (r == 0 && json) {
        vr_json_write_end(json);
        r = vr_answer_end(json, err);
    }
    for (size_t i = 0; i < 3; i++)
        vr_json_doc_destroy(docs[i]);
    return r;
}

/* --- without a daemon --------------------------------------------------------------------------------- */

static void show_lock(
    struct vr_json_writer *writer, const struct vr_rig *rig, const struct vr_rig_dut *dut)
{
    char since[VR_CLOCK_ISO_SIZE], until[VR_CLOCK_ISO_SIZE];
    struct vr_dut_holder holder = {0};
    bool is_held = vr_dut_lock_holder(rig->name, dut->name, &holder);
    const struct place place = {
        .name = dut->name,
        .model = dut->model,
        .state = is_held ? "held" : "free",
        .reason = "",
        .user = is_held ? holder.user : "",
        .program = holder.program,
        .what = holder.reason,
        .since = holder.since_utc_ns ? vr_clock_iso(holder.since_utc_ns, since) : "",
        .until = holder.until_utc_ns ? vr_clock_iso(holder.until_utc_ns, until) : "",
        .pid = holder.pid,
        .job = holder.job_id,
    };
    show(writer, &place);
}

static int who_here(const struct who_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_rig_destroyp) struct vr_rig *rig = NULL;
    struct vr_json_writer writer;
    if (!arguments->rig)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "there is no daemon here; which bench? Give its --rig, or set VITALRIG_RIG");
    int r = vr_rig_load(arguments->rig, &rig, err);
    if (r < 0)
        return r;
    if (arguments->json) {
        vr_answer_begin(&writer);
        vr_json_write_null(&writer, "daemon");
        vr_json_write_array(&writer, "devices");
    }
    for (size_t i = 0; i < rig->dut_count; i++)
        show_lock(arguments->json ? &writer : NULL, rig, &rig->duts[i]);
    if (!arguments->json)
        return 0;
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

static int who_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_client_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "The devices of the bench, and who has them.  With a daemon: good, busy, suspect, "
        "quarantined or absent; "
        "without one: free or held, as the locks of the rig's devices tell.",
        children,
        NULL,
        NULL};
    _cleanup_(vr_client_closep) struct vr_client *client = NULL;
    struct who_arguments arguments = {.rig = getenv("VITALRIG_RIG")};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = vr_owner_find(&arguments.choice, arguments.rig, &client, &err);
    if (r == 0)
        r = client ? who_there(&arguments, client, &err) : who_here(&arguments, &err);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_who = {
    .name = "who",
    .summary = "who has which device of the bench",
    .run = who_main,
};
