/* The verdict: from gates and outcomes to one word and one exit code (README.md, "Exit codes").
 *
 * The order is fixed: a failed gate, a failure of the firmware or an output that is not the golden
 * run's (exit 1) outranks rig trouble (3), which outranks inconclusive (5).  What could not be
 * scored never passes: a gate that is inconclusive, and a record that was not scored, or not
 * compared with a golden run that was asked for, make the run inconclusive, gates or none.  A gate
 * that warns is said, and decides nothing. */
#ifndef VR_SCORE_VERDICT_H
#define VR_SCORE_VERDICT_H

#include <stdbool.h>

#include "score/agreement.h"
#include "store/store.h"

/* How the trials of a run ended; each record and repeat counts once, whatever it took. */
struct vr_outcome_counts {
    size_t complete, firmware_failed, rig_trouble, unfinished;
    size_t stopped;   /* by the user: nobody's trouble */
    bool interrupted; /* the run did not come to its end: there may be trials that never began */
    size_t
        forgotten;  /* trials that are gone with their subject: nobody knows what they would say */
    size_t records; /* of the run */
    size_t records_scored;         /* of these, by every scorer that the scenario asks for */
    const char *unscored;          /* the first of the others, NULL = none */
    const char *refusal;           /* why a scorer refused a record, NULL = none did */
    struct vr_agreement agreement; /* with the golden run, where there is one */
};

struct vr_verdict {
    const char *word; /* pass, fail, rig, inconclusive */
    int exit_code;
    char why[256]; /* one sentence with the counts */
};

void vr_verdict_reach(
    const struct vr_gate_row *rows, size_t count, const struct vr_outcome_counts *outcomes,
    struct vr_verdict *ret_verdict);

#endif
