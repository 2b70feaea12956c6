/* Each event has its line.  A job whose end is not known has failed: nothing here reads as green by default. */
#include "cli/follow.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_member.h"
#include "cli/events.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/scenarios.h"
#include "report/plain.h"

#define CANCEL_TIMEOUT_NS (30 * VR_NS_PER_S)
#define EXIT_UNKNOWN 70

struct follow {
    const struct vr_follow_setup *setup;
    struct vr_progress progress;
    char waiting[512];           /* for what, as was said */
    char said[VR_ERR_TEXT_SIZE]; /* last line of the worker */
    bool is_started, has_ended;
    int64_t cancel_deadline_ns; /* 0 = nobody has asked for it */
};

/* --- events --------------------------------------------------------------------------------------- */

static void on_waiting(struct follow *follow, const struct vr_json *data)
{
    const char *what = vr_member_text(data, "waiting_for");
    if (follow->setup->quiet || !what[0] || strcmp(what, follow->waiting) == 0)
        return;
    snprintf(follow->waiting, sizeof follow->waiting, "%s", what);
    vr_progress_finish(&follow->progress);
    vr_say("waiting: %s", what);
}

static size_t count_of(const struct vr_json *data, const char *key)
{
    int64_t count = vr_member_int(data, key, 0);
    return count > 0 ? (size_t)count : 0;
}

/* A run that goes on with another worker has begun already. */
static void on_run(struct follow *follow, const struct vr_json *data)
{
    const struct vr_progress_run run = {
        .version = vr_member_text(data, "version"),
        .uid = vr_member_text(data, "run"),
        .dut = vr_member_text(data, "dut"),
        .trials = count_of(data, "trials"),
        .unselected = count_of(data, "unselected"),
        .signal_less = count_of(data, "signal_less"),
    };
    char text[128];
    follow->progress.started_ns = vr_clock_monotonic_ns();
    if (!follow->is_started)
        vr_progress_run(&follow->progress, &run);
    else {
        snprintf(text, sizeof text, "it goes on with DUT %s", run.dut);
        vr_progress_note(&follow->progress, text);
    }
    follow->is_started = true;
    follow->waiting[0] = '\0';
}

static void on_trial(struct follow *follow, const struct vr_json *data)
{
    vr_progress_trial_started(
        &follow->progress, count_of(data, "index"), count_of(data, "total"),
        vr_member_text(data, "record"));
}

static double between(double value, double most)
{
    return value >= 0 && value <= most ? value : value > most ? most : 0;
}

static void on_progress(struct follow *follow, const struct vr_json *data)
{
    vr_progress_draw(
        &follow->progress, vr_clock_monotonic_ns(),
        between(vr_member_number(data, "fraction", 0), 1));
}

static void on_trial_end(struct follow *follow, const struct vr_json *data)
{
    const struct vr_progress_trial trial = {
        .record = vr_member_text(data, "record"),
        .outcome = vr_member_text(data, "outcome"),
        .why = vr_member_text(data, "why"),
        .warning = vr_member_text(data, "warning"),
        .repeat = (int)between(vr_member_number(data, "repeat", 0), 1e6),
        .attempt = (int)between(vr_member_number(data, "attempt", 0), 1e6),
        .outputs = vr_member_int(data, "outputs", 0),
        .duration_s = between(vr_member_number(data, "duration_s", 0), 1e9),
    };
    vr_progress_trial_ended(&follow->progress, &trial);
}

static void on_note(struct follow *follow, const struct vr_json *data)
{
    vr_progress_note(&follow->progress, vr_member_text(data, "text"));
}

static void on_said(struct follow *follow, const struct vr_json *data)
{
    vr_progress_finish(&follow->progress);
    snprintf(follow->said, sizeof follow->said, "%s", vr_member_text(data, "text"));
    vr_plain_put(follow->said, stderr);
    putc('\n', stderr);
}

static void on_lost(struct follow *follow, const struct vr_json *data)
{
    (void)data;
    vr_progress_finish(&follow->progress);
    vr_say("some of what happened is no longer stored, and is not told here");
}

static void on_end(struct follow *follow, const struct vr_json *data)
{
    (void)data;
    follow->has_ended = true;
}

static const struct {
    const char *kind;
    void (*tell)(struct follow *follow, const struct vr_json *data);
} kinds[] = {
    {"job_waiting", on_waiting}, {"run_started", on_run},       {"trial_started", on_trial},
    {"progress", on_progress},   {"trial_ended", on_trial_end}, {"bench_acted", on_note},
    {"said", on_said},           {"worker_died", on_note},      {"job_ended", on_end},
    {"lost", on_lost},
};

static int take(void *context, const struct vr_sse_event *event, struct vr_err *err)
{
    struct follow *follow = context;
    struct vr_json_doc *doc = NULL;
    struct vr_err why = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(event->kind, kinds[i].kind) != 0)
            continue;
        if (vr_json_doc_create(event->data, event->size, event->kind, &doc, &why) < 0)
            return vr_err_set(
                err, VR_ERR_LINK, "%s: an event of the daemon is no JSON: %s",
                vr_client_socket(follow->setup->client), why.text);
        kinds[i].tell(follow, vr_json_doc_root(doc));
        vr_json_doc_destroy(doc);
    }
    return follow->has_ended;
}

static void on_gone(void *context, const char *why)
{
    struct follow *follow = context;
    vr_progress_finish(&follow->progress);
    vr_say("%s; trying again, for 60 s", why);
}

/* --- to the end ------------------------------------------------------------------------------------- */

static int cancel(struct follow *follow, struct vr_err *err)
{
    char path[64];
    snprintf(path, sizeof path, "/v1/jobs/%" PRId64, follow->setup->job_id);
    follow->cancel_deadline_ns = vr_clock_monotonic_ns() + CANCEL_TIMEOUT_NS;
    return vr_client_call(follow->setup->client, "DELETE", path, NULL, NULL, err);
}

static int wait_for_end(struct follow *follow, struct vr_events *events, struct vr_err *err)
{
    const struct vr_follow_setup *setup = follow->setup;
    int r = 0;
    while (r == 0) {
        struct pollfd stop = {.fd = setup->stop_fd, .events = POLLIN};
        bool is_asked = follow->cancel_deadline_ns != 0;
        r = vr_events_turn(events, &stop, is_asked ? 0 : 1, is_asked ? 1000 : -1, err);
        if (r != 0 || !atomic_load(setup->stop))
            continue;
        if (!setup->is_ours)
            return vr_err_set(err, VR_ERR_INTERRUPTED, "job %" PRId64 " goes on", setup->job_id);
        if (!is_asked)
            r = cancel(follow, err);
        else if (vr_clock_monotonic_ns() > follow->cancel_deadline_ns)
            r = vr_err_set(
                err, VR_ERR_TIMEOUT, "job %" PRId64 " was cancelled, and has not ended for 30 s",
                setup->job_id);
    }
    vr_progress_finish(&follow->progress);
    return r < 0 ? r : 0;
}

static int follow_events(struct follow *follow, struct vr_err *err)
{
    _cleanup_(vr_events_closep) struct vr_events *events = NULL;
    char path[96];
    snprintf(
        path, sizeof path, "/v1/events?job=%" PRId64 "%s", follow->setup->job_id,
        follow->setup->is_ours ? "&bind=1" : "");
    const struct vr_events_setup setup = {
        .client = follow->setup->client,
        .path = path,
        .event = take,
        .gone = on_gone,
        .context = follow,
    };
    int r = vr_events_open(&setup, &events, err);
    return r < 0 ? r : wait_for_end(follow, events, err);
}

int vr_follow_report(
    struct vr_client *client, int64_t job_id, const char *format, FILE *out, struct vr_err *err)
{
    char path[96];
    snprintf(path, sizeof path, "/v1/jobs/%" PRId64 "/report?format=%s", job_id, format);
    return vr_client_fetch(client, path, out, err);
}

static int write_junit(const struct vr_follow_setup *setup, struct vr_err *err)
{
    _cleanup_fclose_ FILE *file = fopen(setup->junit, "w");
    if (!file)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot write: %s", setup->junit, strerror(errno));
    int r = vr_follow_report(setup->client, setup->job_id, "junit", file, err);
    if (r == 0 && (fflush(file) != 0 || ferror(file)))
        r = vr_err_set(err, VR_ERR_IO, "%s: cannot write: %s", setup->junit, strerror(errno));
    return r;
}

/* A job that was not judged has no report, but a reason; the worker may have said it already. */
static void say_why(const struct follow *follow, const char *why, int exit_code)
{
    struct vr_err err = {0};
    if (!why[0] || exit_code == 0 || strstr(follow->said, why))
        return;
    vr_err_set(&err, VR_ERR_INTERNAL, "%s", why);
    if (follow->setup->file)
        vr_say_err_in(follow->setup->file, &err);
    else
        vr_say_err(&err);
}

static int finish(struct follow *follow, int *ret_exit_code, struct vr_err *err)
{
    const struct vr_follow_setup *setup = follow->setup;
    struct vr_json_doc *doc = NULL;
    char path[64];
    snprintf(path, sizeof path, "/v1/jobs/%" PRId64, setup->job_id);
    int r = vr_client_call(setup->client, "GET", path, NULL, &doc, err);
    if (r < 0)
        return r;
    const struct vr_json *job = vr_json_doc_root(doc);
    int64_t exit_code = vr_member_int(job, "exit_code", EXIT_UNKNOWN);
    bool is_judged = vr_member_text(job, "verdict")[0] != '\0';
    *ret_exit_code = exit_code >= !is_judged && exit_code <= 255 ? (int)exit_code : EXIT_UNKNOWN;
    if (is_judged) {
        r = vr_follow_report(
            setup->client, setup->job_id, setup->json ? "json" : "text", stdout, err);
        if (r == 0 && setup->junit)
            r = write_junit(setup, err);
    } else {
        say_why(follow, vr_member_text(job, "why"), *ret_exit_code);
    }
    vr_json_doc_destroy(doc);
    return r;
}

int vr_follow(const struct vr_follow_setup *setup)
{
    struct follow follow = {.setup = setup};
    struct vr_err err = {0};
    int exit_code = 0;
    vr_progress_init(&follow.progress, setup->quiet, vr_clock_monotonic_ns());
    int r = follow_events(&follow, &err);
    if (r == 0)
        r = finish(&follow, &exit_code, &err);
    if (r < 0)
        exit_code = vr_exit_worse(exit_code, vr_say_err(&err));
    return exit_code;
}
