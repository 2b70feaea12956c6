/* An order for a daemon, made from the options of `vitalrig run` (schema/order.schema.json). */
#ifndef VR_CLI_ORDERING_H
#define VR_CLI_ORDERING_H

#include "cli/job.h"
#include "scenario/order.h"

/* What the command line says of a job that only a daemon can heed. */
struct vr_ordering {
    int priority;
    const char *tags[VR_ORDER_TAGS_MAX];
    size_t tag_count;
    bool bound;           /* to the client that follows it */
    const char *scenario; /* instead of the scenario's text; NULL = that */
};

/* Whether these options leave the run to a daemon: one that names its own files, and one into a built-in device, does not. */
bool vr_ordering_suits(const struct vr_job_options *options, const struct vr_scenario *scenario);

/* The order's text, for POST /v1/jobs; the caller frees it.  `path` is the scenario's file, NULL = the built-in one.  Relative paths become
 * absolute here: the daemon has another working directory. */
int vr_ordering_make(
    const struct vr_ordering *ordering, const struct vr_job_options *options,
    const struct vr_scenario *scenario, const char *path, char **ret_text, struct vr_err *err);

/* An order as a run notes it (VR_ENV_ORDER); the caller frees it. */
int vr_ordering_note(const struct vr_order *order, char **ret_text, struct vr_err *err);

/* What an order says of the plan. */
struct vr_plan_options vr_ordering_plan(const struct vr_order *order);

#endif
