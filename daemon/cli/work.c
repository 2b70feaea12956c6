#include "cli/work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/places.h"
#include "cli/say.h"
#include "cli/site.h"
#include "score/attribute.h"
#include "score/judge.h"
#include "score/score.h"

void vr_work_finish(struct vr_work *work)
{
    vr_store_close(work->store);
    vr_plan_finish(&work->plan);
    vr_rig_destroy(work->rig);
    vr_scenario_destroy(work->scenario);
    vr_golden_finish(&work->golden);
    vr_held_finish(&work->held);
    vr_begun_finish(&work->begun);
    free(work->run_file);
    free(work->sim_program);
    free(work->meter_program);
}

/* --- before --- */

static int keep_path(struct vr_work *work, const char *run_file, struct vr_err *err)
{
    if (!work->run_file)
        work->run_file = strdup(run_file);
    return work->run_file ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
}

int vr_work_take_up(struct vr_work *work, const char *run_file, struct vr_err *err)
{
    int r = keep_path(work, run_file, err);
    if (r == 0)
        r = vr_store_open(run_file, VR_STORE_WRITE, &work->store, err);
    return r < 0 ? r : vr_begun_read(work->store, run_file, &work->begun, err);
}

int vr_work_load(struct vr_work *work, struct vr_err *err)
{
    const struct vr_work_options *options = &work->options;
    int r = options->path ? vr_scenario_load(options->path, &work->scenario, err)
                          : vr_scenario_parse(
                                options->text, strlen(options->text), options->name,
                                options->directory, &work->scenario, err);
    if (r == 0 && options->rig)
        r = vr_rig_load(options->rig, &work->rig, err);
    if (r == 0 && options->firmware)
        r = vr_rig_set_firmware(
            work->rig, options->plan.dut ? options->plan.dut : work->scenario->dut,
            options->firmware, err);
    if (r == 0)
        r = vr_score_check(work->scenario, err);
    return r;
}

/* "last" is another run tomorrow; what a run was begun with, it is compared with. */
static int find_golden(struct vr_work *work, struct vr_err *err)
{
    const struct vr_work_options *options = &work->options;
    const char *begun = work->begun.golden, *name = options->parity;
    if (!name || work->golden.uid)
        return 0;
    if (begun && access(name, F_OK) < 0)
        name = begun;
    int r = vr_golden_find(name, options->db, work->scenario->algorithm, &work->golden, err);
    if (r == 0 && begun && strcmp(begun, work->golden.uid) != 0)
        r = vr_err_set(
            err, VR_ERR_INPUT, "--parity %s: the run is compared with %s, and this is %s", name,
            begun, work->golden.uid);
    return r;
}

/* The same of what gates are held against. */
static int find_held(struct vr_work *work, struct vr_err *err)
{
    const struct vr_work_options *options = &work->options;
    const char *begun = work->begun.baseline, *name = options->baseline;
    if (!name || work->held.against)
        return 0;
    if (begun && access(name, F_OK) < 0)
        name = begun;
    int r = vr_held_find(name, options->db, &work->held, err);
    if (r == 0 && begun && strcmp(begun, work->held.against) != 0)
        r = vr_err_set(
            err, VR_ERR_INPUT, "--baseline %s: the run is held against %s, and this is %s", name,
            begun, work->held.against);
    return r;
}

int vr_work_plan(struct vr_work *work, struct vr_err *err)
{
    struct vr_plan_options options = work->options.plan;
    int r = work->sim_program ? 0 : vr_places_dut_program(&work->sim_program, err);
    if (r == 0 && !options.no_power && !work->meter_program)
        r = vr_places_meter_program(&work->meter_program, err);
    if (r < 0)
        return r;
    options.sim_program = work->sim_program;
    options.meter_program = work->meter_program;
    vr_plan_finish(&work->plan);
    r = vr_plan_make(work->scenario, work->rig, &options, &work->plan, err);
    if (r == 0)
        r = find_golden(work, err);
    return r < 0 ? r : find_held(work, err);
}

/* --- the run file --- */

void vr_work_name(struct vr_work *work)
{
    work->started_utc_ns = vr_clock_utc_ns();
    work->started_ns = vr_clock_monotonic_ns();
    vr_run_uid(work->started_utc_ns, work->scenario->name, work->uid);
}

int vr_work_make(const char *run_file, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    return vr_store_open(run_file, VR_STORE_KEEP, &store, err);
}

/* Again is nothing. */
static int find_pseudonyms(struct vr_work *work, struct vr_err *err)
{
    _cleanup_free_ char *made = NULL;
    int r = vr_plan_pseudonyms(&work->plan, &made, err);
    if (r == 0 && made)
        vr_site_say_made(made);
    return r;
}

int vr_work_open(struct vr_work *work, const char *run_file, struct vr_err *err)
{
    int r = find_pseudonyms(work, err); /* before a file is made */
    if (r == 0)
        r = keep_path(work, run_file, err);
    if (!work->started_ns) {
        work->started_utc_ns = vr_clock_utc_ns();
        work->started_ns = vr_clock_monotonic_ns();
    }
    if (r == 0 && work->begun.run_id)
        snprintf(work->uid, sizeof work->uid, "%s", work->begun.uid);
    return r < 0 || work->store ? r : vr_store_open(run_file, VR_STORE_CREATE, &work->store, err);
}

/* --- the run --- */

int vr_work_replay(struct vr_work *work, const struct vr_work_replay *replay, struct vr_err *err)
{
    char host[65] = "";
    if (work->begun
            .is_ended) { /* whoever ended it died before it was judged, or before that was heard */
        work->result = (struct vr_run_result){.run_id = work->begun.run_id, .end = VR_RUN_ENDED};
        return 0;
    }
    int r = find_pseudonyms(work, err);
    if (r < 0)
        return r;
    gethostname(host, sizeof host - 1);
    const struct vr_run_setup setup = {
        .plan = &work->plan,
        .store = work->store,
        .resume_run_id = work->begun.run_id,
        .uid = work->uid,
        .order = replay->order,
        .rig = work->rig ? work->rig->name : NULL,
        .host = host,
        .golden_uid = work->golden.uid,
        .baseline = work->held.against,
        .hand_back = replay->hand_back,
        .nonce_seed = vr_random_number(),
        .started_utc_ns = work->started_utc_ns,
        .started_ns = work->started_ns,
        .trust = &work->trust,
        .events = replay->events,
        .stop = work->options.stop,
    };
    return vr_run_execute(&setup, &work->result, err);
}

/* A golden run that has gone during the replay leaves the run inconclusive, not unjudged. */
static void compare(struct vr_work *work)
{
    struct vr_err err = {0};
    if (work->golden.uid &&
        vr_golden_apply(&work->golden, work->store, work->result.run_id, &err) < 0)
        vr_say_err(&err);
}

/* What can not be read any more leaves the gates that need it inconclusive, not the run unjudged. */
static int judge(struct vr_work *work, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *catalogue = NULL;
    struct vr_baseline_source source = {0};
    struct vr_err cause = {0};
    if (vr_held_open(&work->held, work->options.db, work->run_file, &catalogue, &source, &cause) <
        0)
        source =
            (struct vr_baseline_source){.against = work->held.against, .catalogue_why = cause.text};
    return vr_judge_run(
        work->store, work->result.run_id, work->scenario, &source, &work->verdict, err);
}

int vr_work_judge(struct vr_work *work, struct vr_err *err)
{
    int r = vr_attribute_run(work->store, work->result.run_id, err);
    if (r < 0)
        return r;
    compare(work);
    return judge(work, err);
}
