#include "cli/campaign_run.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_member.h"
#include "cli/events.h"
#include "cli/job.h"
#include "cli/say.h"
#include "cli/scenarios.h"

/* A job may end between two events that are seen; nothing else is lost by asking again. */
#define LOOK_EVERY_MS 10000

static bool is_stopped(const struct vr_campaign_run *run)
{
    return run->stop && atomic_load(run->stop);
}

static int interrupted(const struct vr_campaign_run *run, struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_INTERRUPTED, "campaign %s: stopped%s; `vitalrig campaign run` goes on with it",
        run->cells->campaign->name,
        run->cells->client ? "; its jobs go on (`vitalrig jobs` shows and cancels them)" : "");
}

/* What is missing now, as jobs. */
static int make_batches(
    struct vr_campaign_run *run, struct vr_batches *ret_batches, struct vr_err *err)
{
    struct vr_cells *cells = run->cells;
    int r = vr_cells_look(cells, err);
    if (r < 0)
        return r;
    _cleanup_free_ bool *wanted = calloc(cells->expansion.cell_count + 1, sizeof *wanted);
    if (!wanted)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a campaign");
    for (size_t i = 0; i < cells->expansion.cell_count; i++)
        wanted[i] = cells->states[i] == VR_CELL_MISSING;
    return vr_batches_make(&cells->expansion, wanted, ret_batches, err);
}

/* --- with a daemon --- */

static int submit_batch(
    struct vr_campaign_run *run, const struct vr_batches *batches, size_t index, struct vr_err *err)
{
    _cleanup_free_ char *text = NULL;
    struct vr_json_doc *doc = NULL;
    int r = vr_batch_order(&run->cells->expansion, batches, index, &text, err);
    if (r == 0)
        r = vr_client_call(run->cells->client, "POST", "/v1/jobs", text, &doc, err);
    if (r < 0)
        return r;
    int64_t job_id = vr_member_int(vr_json_doc_root(doc), "id", 0);
    run->jobs += job_id > 0; /* else somebody else was faster */
    vr_json_doc_destroy(doc);
    return 0;
}

int vr_campaign_submit(struct vr_campaign_run *run, struct vr_err *err)
{
    _cleanup_(vr_batches_finish) struct vr_batches batches = {0};
    int r = make_batches(run, &batches, err);
    for (size_t i = 0; i < batches.count && r == 0; i++)
        r = is_stopped(run) ? interrupted(run, err) : submit_batch(run, &batches, i, err);
    return r;
}

static void tell_ended(struct vr_campaign_run *run, const struct vr_json *job)
{
    const char *why = vr_member_text(job, "why"), *verdict = vr_member_text(job, "verdict");
    int exit_code = (int)vr_member_int(job, "exit_code", 0);
    run->exit_code = vr_exit_worse(run->exit_code, exit_code);
    if (!run->quiet)
        vr_say(
            "campaign %s: job %" PRId64 " (%s) ended: %s, exit code %d%s%s",
            run->cells->campaign->name, vr_member_int(job, "job", 0),
            vr_member_text(job, "scenario"), verdict[0] ? verdict : "not judged", exit_code,
            why[0] ? ": " : "", why);
}

struct following {
    struct vr_campaign_run *run;
    bool is_dirty; /* a job of the campaign has ended */
};

static int on_event(void *context, const struct vr_sse_event *event, struct vr_err *err)
{
    struct following *following = context;
    struct vr_json_doc *doc = NULL;
    struct vr_err ignored;
    (void)err;
    if (!event->kind || strcmp(event->kind, "job_ended") != 0 ||
        vr_json_doc_create(event->data, event->size, "event", &doc, &ignored) < 0)
        return 0;
    const struct vr_json *job = vr_json_doc_root(doc);
    if (strcmp(vr_member_text(job, "campaign"), following->run->cells->campaign->name) == 0) {
        tell_ended(following->run, job);
        following->is_dirty = true;
    }
    vr_json_doc_destroy(doc);
    return 0;
}

static void on_gone(void *context, const char *why)
{
    (void)context;
    vr_say("the daemon has gone (%s); waiting for it to come back", why);
}

static void tell_rest(const struct vr_campaign_run *run)
{
    const struct vr_cells *cells = run->cells;
    if (!run->quiet)
        vr_say(
            "campaign %s: %zu of %zu cells done, %zu pending", cells->campaign->name,
            cells->counts[VR_CELL_STORED], cells->expansion.cell_count,
            cells->counts[VR_CELL_PENDING]);
}

int vr_campaign_follow(struct vr_campaign_run *run, struct vr_err *err)
{
    struct following following = {.run = run};
    _cleanup_(vr_events_closep) struct vr_events *events = NULL;
    const struct vr_events_setup setup = {
        .client = run->cells->client,
        .path = "/v1/events",
        .event = on_event,
        .gone = on_gone,
        .context = &following,
    };
    int r = vr_events_open(&setup, &events, err);
    while (r == 0) {
        struct pollfd stop = {.fd = run->stop_fd, .events = POLLIN};
        r = vr_cells_look(run->cells, err);
        bool is_away = r == -VR_ERR_LINK; /* the events are patient for 60 s, and then end this */
        if (is_away)
            r = 0;
        else if (r < 0 || run->cells->counts[VR_CELL_PENDING] == 0)
            break;
        else
            tell_rest(run);
        following.is_dirty = false;
        for (int waited_ms = 0; r == 0 && !following.is_dirty && waited_ms < LOOK_EVERY_MS;
             waited_ms += 1000)
            r = is_stopped(run) ? interrupted(run, err)
                                : vr_events_turn(events, &stop, 1, 1000, err);
    }
    return r;
}

/* --- without one --- */

int vr_campaign_work(struct vr_campaign_run *run, struct vr_err *err)
{
    const struct vr_cells *cells = run->cells;
    _cleanup_(vr_batches_finish) struct vr_batches batches = {0};
    int r = make_batches(run, &batches, err);
    for (size_t i = 0; i < batches.count && r == 0; i++) {
        _cleanup_free_ char *text = NULL;
        struct vr_job_options options = {
            .rig = vr_cells_rig(cells),
            .db = cells->db,
            .wait_s = INFINITY,
            .no_report = true,
            .quiet = run->quiet,
            .stop = run->stop,
        };
        if (is_stopped(run))
            return interrupted(run, err);
        r = vr_batch_order(&cells->expansion, &batches, i, &text, err);
        options.order = text;
        if (r == 0) {
            run->exit_code = vr_exit_worse(run->exit_code, vr_job_run(&options, NULL));
            run->jobs++;
        }
    }
    return r == 0 ? vr_cells_look(run->cells, err) : r;
}
