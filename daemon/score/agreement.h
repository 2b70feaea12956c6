/* Agreement: what the stored comparison with a golden run (score/golden.h) says of a run.
 *
 * Judging reads it from the rows, so that it is told years later without the golden run.  A trial
 * that counts and has no row that speaks of its outputs was not compared, and keeps the run from
 * passing: a comparison that was asked for cannot get lost. */
#ifndef VR_SCORE_AGREEMENT_H
#define VR_SCORE_AGREEMENT_H

#include "store/store.h"

#define VR_AGREEMENT_TEXT_SIZE 192

/* Of the last attempts that are complete with a closed ledger; the other ones keep the run from
 * passing by themselves. */
struct vr_agreement {
    bool is_asked; /* else all below is 0 */
    size_t equal, different, inconclusive;
    char
        first[VR_AGREEMENT_TEXT_SIZE]; /* "record 100, output 371, ...": the first of the different,
                                           else of the inconclusive; "" = none */
};

int vr_agreement_read(
    struct vr_store *store, int64_t run_id, struct vr_agreement *ret_agreement, struct vr_err *err);

#endif
