/* The golden run: another run of the same records, whose outputs a run must repeat to the last bit.
 *
 * Only complete trials with a closed ledger count, on either side.  A trial and its golden ones
 * belong together when they replayed the same content: the same signals of the same files (by
 * SHA-256), the same window, the same rate; names do not matter.  Every trial that counts gets a
 * row (struct vr_parity_row), and is inconclusive, never equal, when
 *   - the golden run lacks its record, has other content of that name, or did not complete it;
 *   - complete trials of the golden run differ from each other: nothing can be equal to both;
 *   - outputs on either side are not those whose digest was stored: a file was damaged.
 * What the golden run has beyond the run's records does not matter: a run may replay a part. */
#ifndef VR_SCORE_GOLDEN_H
#define VR_SCORE_GOLDEN_H

#include "store/store.h"

/* Can the run serve as golden run of `algorithm`?  VR_ERR_INPUT, with the reason: another algorithm,
 * not one complete trial, or outputs that were damaged or altered. */
int vr_golden_check(
    struct vr_store *store, int64_t run_id, const char *algorithm, struct vr_err *err);

/* Compare a run with its golden run (which was checked), and store the rows and the golden run's
 * uid in one transaction, in place of those of an earlier comparison.  That takes an earlier verdict
 * back: the run is to be judged afterwards (score/judge.h).  VR_ERR_USAGE when it is the run itself, or a copy of it. */
int vr_golden_compare(
    struct vr_store *store, int64_t run_id, struct vr_store *golden, int64_t golden_run_id,
    struct vr_err *err);

#endif
