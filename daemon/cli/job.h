/* A job of `vitalrig run` by itself: one scenario, from its file to the exit code (the work of it is in cli/work.h). */
#ifndef VR_CLI_JOB_H
#define VR_CLI_JOB_H

#include <stdatomic.h>
#include <stdbool.h>

#include "replay/plan.h"
#include "store/store.h"

struct vr_job_options {
    const char *rig;      /* file, NULL = the built-in DUTs only */
    const char *db;       /* catalogue, NULL = at its usual place */
    const char *run_file; /* NULL = at its usual place */
    const char *junit;    /* file, NULL = none */
    const char *parity;   /* the golden run's file or name, NULL = none */
    const char
        *baseline; /* what gates are held against instead of what they name, NULL = as they say */
    const char *resume; /* run file to go on with, NULL = a new run */
    const char
        *order;     /* text of an order instead of a scenario's file and of `plan`, NULL = none */
    bool no_report; /* nothing on stdout */
    /* Says on stdout, behind the report, what else there is to say of the run; NULL = nothing.  Not with json. */
    int (*tell)(struct vr_store *store, int64_t run_id, struct vr_err *err);
    double
        wait_s; /* for the device, while somebody else has it: 0 = not at all, INFINITY = for ever */
    struct vr_plan_options plan;
    bool json, dry_run, quiet;
    const atomic_int *stop; /* set by a signal handler */
};

/* Run the scenario in the file at `path` (NULL = the built-in smoke scenario), print its report on stdout and its errors on stderr.
 * Returns the exit code. */
int vr_job_run(const struct vr_job_options *options, const char *path);

#endif
