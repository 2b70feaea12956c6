/* Judging a stored run again: which run, by which scenario, against which baseline.  What `gate` and `rescore` begin with. */
#ifndef VR_CLI_REJUDGE_H
#define VR_CLI_REJUDGE_H

#include "cli/held.h"
#include "cli/source.h"
#include "scenario/scenario.h"

/* As given; borrowed from argv.  Zeroed before parsing. */
struct vr_rejudge {
    struct vr_source source;
    const char *run;
    const char *scenario; /* NULL = the run's own */
    const char *baseline; /* NULL = what its gates name */
};

/* --scenario, --baseline, those of source.h and the argument RUN, as a child of a verb's parser; its input is a struct vr_rejudge. */
extern const struct argp vr_rejudge_argp;

struct vr_rejudged {
    struct vr_store *store;
    int64_t run_id;
    struct vr_scenario *scenario; /* its scorers and gates are checked */
    struct vr_baseline_source baselines;

    /* Private. */
    struct vr_held held;
    struct vr_store *catalogue;
};

/* The caller finishes *ret_rejudged in any case. */
int vr_rejudge_open(
    const struct vr_rejudge *rejudge, enum vr_store_mode mode, struct vr_rejudged *ret_rejudged,
    struct vr_err *err);
void vr_rejudged_finish(struct vr_rejudged *rejudged);

#endif
