/* What a run by itself does beside the work: its device's lock and health, the catalogue, the reports. */
#include "cli/job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/bench_lock.h"
#include "cli/kept.h"
#include "cli/ordering.h"
#include "cli/places.h"
#include "cli/progress.h"
#include "cli/quarantine.h"
#include "cli/say.h"
#include "cli/scenarios.h"
#include "cli/source.h"
#include "cli/work.h"
#include "report/plain.h"
#include "report/report.h"

struct job {
    const struct vr_job_options *options;
    struct vr_work work;
    struct vr_order order; /* of a run that is gone on with */
    struct vr_dut_lock lock;
    char *db, *order_text;
    struct vr_client *keeper; /* the daemon whose catalogue it is, NULL = ours to write */
    struct vr_report report;
};

static void job_finish(struct job *job)
{
    vr_work_finish(&job->work);
    vr_dut_lock_release(&job->lock);
    vr_order_finish(&job->order);
    vr_report_finish(&job->report);
    vr_client_close(job->keeper);
    free(job->db);
    free(job->order_text);
}

/* --- what is to be done --- */

/* Where nobody asks for anything, the simulated pair shows all that it can: in silence there is energy to be measured. */
static void choose_silence(struct vr_plan_options *options)
{
    if (options->dut || options->has_speed || options->no_power)
        return;
    options->has_speed = true;
    options->mode = WIRE_MODE_SILENT;
}

/* path NULL = the built-in smoke scenario */
static void order_new(struct job *job, const char *path)
{
    const struct vr_job_options *options = job->options;
    job->work.options = (struct vr_work_options){
        .path = path,
        .text = vr_scenario_smoke,
        .name = VR_SCENARIO_SMOKE_NAME,
        .directory = ".",
        .rig = options->rig,
        .parity = options->parity,
        .baseline = options->baseline,
        .db = options->db,
        .plan = options->plan,
        .stop = options->stop,
    };
    if (!path)
        choose_silence(&job->work.options.plan);
}

static int check_begun(const struct job *job, struct vr_err *err)
{
    const struct vr_begun *begun = &job->work.begun;
    const char *file = job->options->resume;
    if (!begun->run_id)
        return vr_err_set(err, VR_ERR_EMPTY, "%s: there is no run in it to go on with", file);
    if (begun->is_ended && begun->is_judged)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: run %s has ended: there is nothing left to be done; `vitalrig show` has its "
            "report",
            file, begun->uid);
    if (!begun->order)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: run %s does not say what was asked for: it was made by another version of "
            "VitalRig; begin a new run",
            file, begun->uid);
    return 0;
}

static void put_order(struct job *job, const char *scenario)
{
    const struct vr_job_options *options = job->options;
    job->work.options = (struct vr_work_options){
        .text = scenario,
        .name = job->order.scenario_file,
        .directory = job->order.directory,
        .rig = options->rig,
        .firmware = job->order.firmware,
        .parity = job->order.parity,
        .baseline = job->order.baseline,
        .db = options->db,
        .plan = vr_ordering_plan(&job->order),
        .stop = options->stop,
    };
}

/* The scenario and everything that was asked for stand in the run file. */
static int order_again(struct job *job, struct vr_err *err)
{
    const struct vr_job_options *options = job->options;
    const struct vr_begun *begun = &job->work.begun;
    job->work.options.stop = options->stop;
    int r = vr_work_take_up(&job->work, options->resume, err);
    if (r == 0)
        r = check_begun(job, err);
    if (r == 0)
        r = vr_order_parse(begun->order, strlen(begun->order), options->resume, &job->order, err);
    if (r < 0)
        return r;
    put_order(job, begun->scenario);
    return 0;
}

static int order_given(struct job *job, struct vr_err *err)
{
    const char *text = job->options->order;
    int r = vr_order_parse(text, strlen(text), "order", &job->order, err);
    if (r == 0)
        put_order(job, job->order.scenario);
    return r;
}

static int check_rig(const struct job *job, struct vr_err *err)
{
    const char *rig = job->work.rig ? job->work.rig->name : NULL, *begun = job->work.begun.rig;
    if (!job->options->resume || (rig && begun ? strcmp(rig, begun) == 0 : rig == begun))
        return 0;
    return vr_err_set(
        err, VR_ERR_USAGE,
        "%s: the run was begun on %s%s, and this is %s%s; give that one's file with --rig",
        job->options->resume, begun ? "the rig " : "no rig", begun ? begun : "",
        rig ? "the rig " : "none", rig ? rig : "");
}

/* What a later --resume needs. */
static int note_order(struct job *job, struct vr_err *err)
{
    const struct vr_ordering ordering = {.scenario = "{}"};
    struct vr_job_options options = *job->options;
    options.plan = job->work.options.plan;
    options.plan.dut = job->options->plan.dut; /* a model, perhaps */
    if (job->options->order)
        return vr_ordering_note(&job->order, &job->order_text, err);
    return job->options->resume ? 0
                                : vr_ordering_make(
                                      &ordering, &options, job->work.scenario,
                                      job->work.options.path, &job->order_text, err);
}

static void print_plan(const struct job *job)
{
    char clock[24], part[48] = "";
    const struct vr_plan *plan = &job->work.plan;
    if (plan->shard_count > 1)
        snprintf(
            part, sizeof part, " (part %d of %d: %zu trials)", plan->shard, plan->shard_count,
            plan->trial_count);
    printf(
        "%s: %zu records x %d%s into \"%s\" (%s), %s of signal", plan->scenario->name,
        plan->record_count, plan->repeat, part, plan->dut->name, plan->driver->name,
        vr_progress_clock(plan->duration_s, clock));
    if (plan->speed_milli)
        printf(", about %s", vr_progress_clock(plan->duration_s * 1000 / plan->speed_milli, clock));
    printf(
        "; left out: %zu not selected, %zu without signals\n", plan->unselected_count,
        plan->signal_less_count);
    for (size_t i = 0; i < plan->record_count; i++) {
        printf("  ");
        vr_plain_put_padded(plan->records[i].name, 12, stdout);
        printf(" %s\n", vr_progress_clock(plan->records[i].duration_s, clock));
    }
}

/* --- the device --- */

/* The built-in devices are no bench: what fails with them is no wire and no board. */
static bool has_health(const struct job *job)
{
    return job->work.rig && job->work.plan.dut->place.line > 0;
}

static int check_health(struct job *job, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *catalogue = NULL;
    const struct vr_rig_dut *dut = job->work.plan.dut;
    struct vr_health health = {0};
    int r = job->keeper ? vr_store_open(job->db, VR_STORE_READ, &catalogue, err)
                        : vr_catalogue_open(job->db, &catalogue, err);
    if (r == 0 && has_health(job))
        r = vr_store_health_get(catalogue, job->work.rig->name, dut->name, &health, err);
    if (r == 0)
        r = vr_quarantine_check_health(dut, &health, err);
    if (r < 0)
        return r;
    vr_trust_init(&job->work.trust, has_health(job) ? dut->quarantine_after : 0, health.failures);
    return 0;
}

/* The plan was made for the first device of a model; another one may be free, or usable. */
static int plan_for(struct job *job, const struct vr_rig_dut *dut, struct vr_err *err)
{
    if (dut == job->work.plan.dut)
        return 0;
    job->work.options.plan.dut = dut->name;
    return vr_work_plan(&job->work, err);
}

/* Who waited may find the device in quarantine by then. */
static int take_device(struct job *job, struct vr_err *err)
{
    const struct vr_rig_dut *dut = job->work.plan.dut;
    const char *wanted =
        job->work.options.plan.dut ? job->work.options.plan.dut : job->work.scenario->dut;
    if (!has_health(job))
        return check_health(job, err);
    const struct vr_bench_lock setup = {
        .rig = job->work.rig,
        .wanted = wanted,
        .db = job->db,
        .reason = job->work.scenario->name,
        .wait_s = job->options->wait_s,
        .stop = job->options->stop,
    };
    int r = vr_bench_lock_take(&setup, &job->lock, &dut, err);
    if (r == 0)
        r = plan_for(job, dut, err);
    return r < 0 ? r : check_health(job, err);
}

static int note_health(const struct job *job, struct vr_store *catalogue, struct vr_err *err)
{
    const struct vr_rig_dut *dut = job->work.plan.dut;
    const struct vr_trust *trust = &job->work.trust;
    int64_t utc_ns = vr_clock_utc_ns();
    const struct vr_health_note note = {
        .succeeded = trust->succeeded,
        .failures = trust->failures,
        .losses = trust->losses,
        .lost_utc_ns = trust->lost_ns ? utc_ns - (vr_clock_monotonic_ns() - trust->lost_ns) : 0,
        .reason = trust->reason,
        .limit = trust->limit,
        .utc_ns = utc_ns,
        .power_cycle = trust->power_cycle,
    };
    struct vr_health health = {0};
    if (!has_health(job))
        return 0;
    int r = vr_store_health_note(catalogue, job->work.rig->name, dut->name, &note, &health, err);
    if (r == 0 && health.quarantined_utc_ns)
        vr_say(
            "%s is quarantined now: %s; look after the bench, then `vitalrig devices --release %s`",
            dut->name, trust->reason, dut->name);
    else if (r == 0 && trust->losses > 0 && health.losses == 0)
        vr_say("%s: %s", dut->name, health.reason);
    return r;
}

/* --- files --- */

/* What a night's run would fail on in the morning is tried now: the catalogue opens, and no output names another one's database. */
static int prepare_outputs(struct job *job, struct vr_err *err)
{
    static const char magic[] = "SQLite format 3";
    const struct vr_job_options *options = job->options;
    const char *run_file = options->resume ? options->resume : options->run_file;
    _cleanup_(vr_store_closep) struct vr_store *catalogue = NULL;
    char head[sizeof magic] = "";

    job->db = options->db ? strdup(options->db) : NULL;
    int r = options->db ? 0 : vr_places_catalogue(&job->db, err);
    if (r == 0 && !job->db)
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    if (r == 0 && run_file && strcmp(run_file, job->db) == 0)
        r = vr_err_set(err, VR_ERR_USAGE, "%s: the run file cannot be the catalogue too", job->db);
    _cleanup_fclose_ FILE *old = options->junit ? fopen(options->junit, "r") : NULL;
    if (r == 0 && old && fread(head, 1, sizeof magic, old) > 0 && strcmp(head, magic) == 0)
        r = vr_err_set(
            err, VR_ERR_USAGE, "--junit %s: a database, which is not overwritten", options->junit);
    if (r == 0)
        job->keeper = vr_kept_find(job->db);
    return r < 0 || job->keeper ? r : vr_catalogue_open(job->db, &catalogue, err);
}

static int open_run_file(struct job *job, struct vr_err *err)
{
    struct vr_work *work = &job->work;
    _cleanup_free_ char *path = NULL;
    if (job->options->resume)
        return vr_work_open(work, job->options->resume, err);
    vr_work_name(work);
    if (job->options->run_file)
        return vr_work_open(work, job->options->run_file, err);
    int r = vr_places_run_file(work->uid, &path, err);
    if (r == 0)
        r = vr_places_prepare(path, err);
    return r < 0 ? r : vr_work_open(work, path, err);
}

static int replay(struct job *job, struct vr_err *err)
{
    struct vr_work *work = &job->work;
    struct vr_progress progress;
    int r = open_run_file(job, err);
    if (r < 0)
        return r;
    vr_progress_init(&progress, job->options->quiet, vr_clock_monotonic_ns());
    const struct vr_progress_run run = {
        .version = VR_VERSION,
        .uid = work->uid,
        .dut = work->plan.dut->name,
        .trials = work->plan.trial_count,
        .unselected = work->plan.unselected_count,
        .signal_less = work->plan.signal_less_count,
    };
    vr_progress_run(&progress, &run);
    const struct vr_work_replay setup = {
        .events = vr_progress_events(&progress), .order = job->order_text};
    r = vr_work_replay(work, &setup, err);
    vr_progress_finish(&progress);
    return r;
}

/* --- results --- */

static int write_junit(const struct job *job, struct vr_err *err)
{
    const char *path = job->options->junit;
    _cleanup_fclose_ FILE *file = fopen(path, "w");
    if (!file)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
    vr_report_find("junit", NULL)->write(&job->report, file);
    if (fflush(file) != 0 || ferror(file))
        return vr_err_set(err, VR_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
    return 0;
}

static int print_report(struct job *job, struct vr_err *err)
{
    int r = vr_report_load(job->work.store, job->work.result.run_id, &job->report, err);
    if (r == 0)
        vr_report_find(job->options->json ? "json" : "text", NULL)->write(&job->report, stdout);
    if (r == 0 && job->options->tell && !job->options->json)
        r = job->options->tell(job->work.store, job->work.result.run_id, err);
    return r;
}

/* The finished run file goes into the catalogue; it stays where it is.  Of health a daemon that keeps the catalogue knows its own jobs only. */
static int ingest(struct job *job, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *catalogue = NULL;
    size_t added, known;
    vr_store_close(job->work.store);
    job->work.store = NULL;
    if (job->keeper)
        return vr_kept_give(job->keeper, job->db, job->work.uid, job->work.run_file, err);
    int r = vr_catalogue_open(job->db, &catalogue, err);
    if (r == 0)
        r = vr_store_merge(catalogue, job->work.run_file, &added, &known, err);
    return r < 0 ? r : note_health(job, catalogue, err);
}

static int prepare(struct job *job, const char *path, struct vr_err *err)
{
    int r = 0;
    if (job->options->resume)
        r = order_again(job, err);
    else if (job->options->order)
        r = order_given(job, err);
    else
        order_new(job, path);
    if (r == 0)
        r = vr_work_load(&job->work, err);
    if (r == 0)
        r = check_rig(job, err);
    if (r == 0)
        r = vr_work_plan(&job->work, err);
    return r;
}

static int run_job(struct job *job, const char *path, struct vr_err *err)
{
    int r = prepare(job, path, err);
    if (r == 0 && job->options->dry_run) {
        print_plan(job);
        return 0;
    }
    if (r == 0)
        r = note_order(job, err);
    if (r == 0)
        r = prepare_outputs(job, err);
    if (r == 0)
        r = take_device(job, err);
    if (r == 0)
        r = replay(job, err);
    if (r == 0)
        r = vr_work_judge(&job->work, err);
    if (r == 0 && !job->options->no_report)
        r = print_report(job, err);
    if (r == 0)
        r = ingest(job, err);
    if (r == 0 && job->options->junit)
        r = write_junit(job, err);
    return r;
}

int vr_job_run(const struct vr_job_options *options, const char *path)
{
    _cleanup_(job_finish) struct job job = {.options = options, .lock = VR_DUT_LOCK_NONE};
    struct vr_err err = {0};
    vr_order_init(&job.order);
    int r = run_job(&job, path, &err);
    int exit_code =
        job.work.verdict.exit_code; /* 0 until judged; what fails after that must not hide it */
    if (r < 0)
        exit_code = vr_exit_worse(exit_code, path ? vr_say_err_in(path, &err) : vr_say_err(&err));
    return exit_code;
}
