/* The work of a run, which is the same for `vitalrig run` by itself (cli/job.h) and for a worker of a daemon (cli/worker.c): load, plan,
 * replay, judge.  What is beside it, such as the catalogue, the health of the bench and the report, is the caller's.
 *
 *     vr_work_take_up, where the run file is there already
 *     vr_work_load, vr_work_plan
 *     vr_work_open, vr_work_replay
 *     vr_work_judge
 */
#ifndef VR_CLI_WORK_H
#define VR_CLI_WORK_H

#include <stdatomic.h>

#include "cli/begun.h"
#include "cli/golden.h"
#include "cli/held.h"
#include "replay/plan.h"
#include "replay/run.h"
#include "replay/run_uid.h"
#include "score/verdict.h"

/* Borrowed; NULL = none. */
struct vr_work_options {
    const char *path;                    /* file of the scenario; NULL = this text: */
    const char *text, *name, *directory; /* as for vr_scenario_parse */
    const char *rig;                     /* file; NULL = the built-in DUTs only */
    const char *firmware;                /* image instead of the rig's */
    const char *parity;                  /* the golden run's file or name */
    const char *baseline;                /* what gates are held against, as for vr_held_find */
    const char *db;                      /* the catalogue that has both */
    struct vr_plan_options plan;
    const atomic_int *stop;
};

/* Zeroed but for the options. */
struct vr_work {
    struct vr_work_options options;
    struct vr_begun begun; /* run_id 0 = it is a new run */
    struct vr_scenario *scenario;
    struct vr_rig *rig;
    char *sim_program,
        *meter_program; /* what the built-in DUT "sim" starts; the plan borrows them */
    struct vr_plan plan;
    struct vr_golden_run golden;
    struct vr_held held;
    struct vr_store *store;
    char *run_file;
    char uid[VR_RUN_UID_SIZE];
    int64_t started_utc_ns, started_ns;
    struct vr_trust trust; /* initialized by the caller before the replay */
    struct vr_run_result result;
    struct vr_verdict verdict;
};

/* Open the run file for going on with the run in it; with none in it, it will be a new one. */
int vr_work_take_up(struct vr_work *work, const char *run_file, struct vr_err *err);

int vr_work_load(struct vr_work *work, struct vr_err *err);
/* Twice is allowed: for another DUT (options.plan.dut) of the same model. */
int vr_work_plan(struct vr_work *work, struct vr_err *err);

/* A new run begins now, and gets its name. */
void vr_work_name(struct vr_work *work);
/* Make an empty run file that is there whole or not at all, however this process ends. */
int vr_work_make(const char *run_file, struct vr_err *err);
/* Make the run file, unless it was taken up. */
int vr_work_open(struct vr_work *work, const char *run_file, struct vr_err *err);

struct vr_work_replay {
    struct vr_run_events events;
    const char *order; /* VR_ENV_ORDER, of a new run */
    bool hand_back;
};
int vr_work_replay(struct vr_work *work, const struct vr_work_replay *replay, struct vr_err *err);

/* Of a run that has ended or was stopped: attribute energy, compare with the golden run, score, judge against the baseline. */
int vr_work_judge(struct vr_work *work, struct vr_err *err);

void vr_work_finish(struct vr_work *work);

#endif
