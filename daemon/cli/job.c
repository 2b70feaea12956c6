/* The steps of a job: load, plan, replay, judge, report, ingest. */
#include "cli/job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/golden.h"
#include "cli/places.h"
#include "cli/progress.h"
#include "cli/quarantine.h"
#include "cli/say.h"
#include "cli/scenarios.h"
#include "cli/source.h"
#include "replay/run.h"
#include "report/plain.h"
#include "report/report.h"
#include "score/attribute.h"
#include "score/judge.h"

struct job {
    const struct vr_job_options *options;
    struct vr_scenario *scenario;
    struct vr_rig *rig;
    char *sim_program,
        *meter_program; /* what the built-in DUT "sim" starts; the plan borrows them */
    struct vr_plan plan;
    struct vr_store *store;
    char uid[128];
    char *run_file, *db; /* paths */
    struct vr_golden_run golden;
    int64_t run_id;
    struct vr_trust trust;
    struct vr_verdict verdict;
    struct vr_report report;
};

static void job_finish(struct job *job)
{
    vr_store_close(job->store);
    vr_plan_finish(&job->plan);
    vr_rig_destroy(job->rig);
    vr_scenario_destroy(job->scenario);
    vr_report_finish(&job->report);
    vr_golden_finish(&job->golden);
    free(job->run_file);
    free(job->db);
    free(job->sim_program);
    free(job->meter_program);
}

static uint32_t random_number(void)
{
    uint32_t number = 0;
    while (getrandom(&number, sizeof number, 0) != sizeof number)
        ;
    return number;
}

/* path NULL = the built-in smoke scenario */
static int load(struct job *job, const char *path, struct vr_err *err)
{
    int r = path ? vr_scenario_load(path, &job->scenario, err)
                 : vr_scenario_parse(
                       vr_scenario_smoke, strlen(vr_scenario_smoke), VR_SCENARIO_SMOKE_NAME, ".",
                       &job->scenario, err);
    if (r == 0 && job->options->rig)
        r = vr_rig_load(job->options->rig, &job->rig, err);
    if (r == 0)
        r = vr_score_check(job->scenario, err);
    return r;
}

/* Where nobody asks for anything, the simulated pair shows all that it can: in silence there is energy to be measured. */
static void choose_silence(struct vr_plan_options *options)
{
    if (options->dut || options->has_speed || options->no_power)
        return;
    options->has_speed = true;
    options->mode = WIRE_MODE_SILENT;
}

static int plan(struct job *job, bool is_builtin, struct vr_err *err)
{
    struct vr_plan_options options = job->options->plan;
    if (is_builtin)
        choose_silence(&options);
    int r = vr_places_dut_program(&job->sim_program, err);
    if (r < 0)
        return r;
    if (!options.no_power)
        r = vr_places_meter_program(&job->meter_program, err);
    if (r < 0)
        return r;
    options.sim_program = job->sim_program;
    options.meter_program = job->meter_program;
    r = vr_plan_make(job->scenario, job->rig, &options, &job->plan, err);
    if (r == 0 && job->options->parity)
        r = vr_golden_find(
            job->options->parity, job->options->db, job->scenario->algorithm, &job->golden, err);
    return r;
}

static void print_plan(const struct job *job)
{
    char clock[24];
    const struct vr_plan *plan = &job->plan;
    printf(
        "%s: %zu records x %d into \"%s\" (%s), %s of signal", job->scenario->name,
        plan->record_count, plan->repeat, plan->dut->name, plan->driver->name,
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

static void make_uid(struct job *job, int64_t utc_ns, uint32_t random)
{
    char iso[VR_CLOCK_ISO_SIZE], stamp[VR_CLOCK_ISO_SIZE];
    size_t used = 0;
    vr_clock_iso(utc_ns, iso);
    for (const char *c = iso; *c; c++)
        if (*c != '-' && *c != ':')
            stamp[used++] = *c;
    stamp[used] = '\0';
    snprintf(job->uid, sizeof job->uid, "%s-%s-%08x", stamp, job->scenario->name, random);
}

static int open_run_file(struct job *job, struct vr_err *err)
{
    int r = 0;
    if (job->options->run_file) {
        job->run_file = strdup(job->options->run_file);
        if (!job->run_file)
            r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    } else {
        r = vr_places_run_file(job->uid, &job->run_file, err);
        if (r == 0)
            r = vr_places_prepare(job->run_file, err);
    }
    return r < 0 ? r : vr_store_open(job->run_file, VR_STORE_CREATE, &job->store, err);
}

static int replay(struct job *job, struct vr_err *err)
{
    char host[65] = "";
    struct vr_progress progress;
    gethostname(host, sizeof host - 1);

    int64_t now_ns = vr_clock_monotonic_ns(), utc_ns = vr_clock_utc_ns();
    uint32_t random = random_number();
    make_uid(job, utc_ns, random);
    int r = open_run_file(job, err);
    if (r < 0)
        return r;
    vr_progress_init(&progress, job->options->quiet, now_ns);
    const struct vr_progress_run run = {
        .version = VR_VERSION,
        .uid = job->uid,
        .dut = job->plan.dut->name,
        .trials = job->plan.trial_count,
        .unselected = job->plan.unselected_count,
        .signal_less = job->plan.signal_less_count,
    };
    vr_progress_run(&progress, &run);
    struct vr_run_setup setup = {
        .plan = &job->plan,
        .store = job->store,
        .uid = job->uid,
        .host = host,
        .golden_uid = job->golden.uid,
        .nonce_seed = random,
        .started_utc_ns = utc_ns,
        .started_ns = now_ns,
        .trust = &job->trust,
        .events = vr_progress_events(&progress),
        .stop = job->options->stop,
    };
    struct vr_run_result result = {0};
    r = vr_run_execute(&setup, &result, err);
    job->run_id = result.run_id;
    vr_progress_finish(&progress);
    return r;
}

/* A golden run that has gone during the replay leaves the run inconclusive, not unjudged. */
static void compare(struct job *job)
{
    struct vr_err err = {0};
    if (job->golden.uid && vr_golden_apply(&job->golden, job->store, job->run_id, &err) < 0)
        vr_say_err(&err);
}

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
    int r = vr_report_load(job->store, job->run_id, &job->report, err);
    if (r == 0)
        vr_report_find(job->options->json ? "json" : "text", NULL)->write(&job->report, stdout);
    return r;
}

/* The built-in devices are no bench: what fails with them is no wire and no board. */
static bool has_health(const struct job *job)
{
    return job->rig && job->plan.dut->place.line > 0;
}

static int check_health(struct job *job, struct vr_store *catalogue, struct vr_err *err)
{
    const struct vr_rig_dut *dut = job->plan.dut;
    struct vr_health health = {0};
    int r = has_health(job)
                ? vr_store_health_get(catalogue, job->rig->name, dut->name, &health, err)
                : 0;
    if (r < 0)
        return r;
    r = vr_quarantine_check_health(dut, &health, err);
    if (r < 0)
        return r;
    vr_trust_init(&job->trust, has_health(job) ? dut->quarantine_after : 0, health.failures);
    return 0;
}

static int note_health(const struct job *job, struct vr_store *catalogue, struct vr_err *err)
{
    const struct vr_rig_dut *dut = job->plan.dut;
    const struct vr_trust *trust = &job->trust;
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
    int r = vr_store_health_note(catalogue, job->rig->name, dut->name, &note, &health, err);
    if (r == 0 && health.quarantined_utc_ns)
        vr_say(
            "%s is quarantined now: %s; look after the bench, then `vitalrig devices --release %s`",
            dut->name, trust->reason, dut->name);
    else if (r == 0 && trust->losses > 0 && health.losses == 0)
        vr_say("%s: %s", dut->name, health.reason);
    return r;
}

/* What a night's run would fail on in the morning is tried now: the catalogue opens and does not refuse the device, and no output names another one's database. */
static int prepare_outputs(struct job *job, struct vr_err *err)
{
    static const char magic[] = "SQLite format 3";
    const struct vr_job_options *options = job->options;
    _cleanup_(vr_store_closep) struct vr_store *catalogue = NULL;
    char head[sizeof magic] = "";

    job->db = options->db ? strdup(options->db) : NULL;
    int r = options->db ? 0 : vr_places_catalogue(&job->db, err);
    if (r == 0 && !job->db)
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    if (r == 0 && options->run_file && strcmp(options->run_file, job->db) == 0)
        r = vr_err_set(err, VR_ERR_USAGE, "%s: the run file cannot be the catalogue too", job->db);
    _cleanup_fclose_ FILE *old = options->junit ? fopen(options->junit, "r") : NULL;
    if (r == 0 && old && fread(head, 1, sizeof magic, old) > 0 && strcmp(head, magic) == 0)
        r = vr_err_set(
            err, VR_ERR_USAGE, "--junit %s: a database, which is not overwritten", options->junit);
    if (r == 0)
        r = vr_catalogue_open(job->db, &catalogue, err);
    return r < 0 ? r : check_health(job, catalogue, err);
}

/* The finished run file goes into the catalogue; it stays where it is. */
static int ingest(struct job *job, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *catalogue = NULL;
    size_t added, known;
    vr_store_close(job->store);
    job->store = NULL;
    int r = vr_catalogue_open(job->db, &catalogue, err);
    if (r == 0)
        r = vr_store_merge(catalogue, job->run_file, &added, &known, err);
    return r < 0 ? r : note_health(job, catalogue, err);
}

static int run_job(struct job *job, const char *path, struct vr_err *err)
{
    int r = load(job, path, err);
    if (r == 0)
        r = plan(job, path == NULL, err);
    if (r == 0 && job->options->dry_run) {
        print_plan(job);
        return 0;
    }
    if (r == 0)
        r = prepare_outputs(job, err);
    if (r == 0)
        r = replay(job, err);
    if (r == 0)
        r = vr_attribute_run(job->store, job->run_id, err);
    if (r == 0)
        compare(job);
    if (r == 0)
        r = vr_judge_run(job->store, job->run_id, job->scenario, &job->verdict, err);
    if (r == 0)
        r = print_report(job, err);
    if (r == 0)
        r = ingest(job, err);
    if (r == 0 && job->options->junit)
        r = write_junit(job, err);
    return r;
}

int vr_job_run(const struct vr_job_options *options, const char *path)
{
    _cleanup_(job_finish) struct job job = {.options = options};
    struct vr_err err = {0};
    int r = run_job(&job, path, &err);
    int exit_code =
        job.verdict.exit_code; /* 0 until judged; what fails after that must not hide it */
    if (r < 0)
        exit_code = vr_exit_worse(exit_code, path ? vr_say_err_in(path, &err) : vr_say_err(&err));
    return exit_code;
}
