/* What a run replayed: its trials with the content of their records, to find the same content in
 * another run. */
#ifndef VR_SCORE_REPLAYED_H
#define VR_SCORE_REPLAYED_H

#include "store/outputs.h"
#include "store/store.h"

struct vr_replayed {
    int64_t trial_id;
    char *record, *sha256, *signal, *outcome; /* owned, as the next; record is its name */
    char *truth_sha256, *subject, *strata;
    uint32_t rate_num, rate_den;
    int64_t sample_count, window_start, warmup_count;
    int repeat, attempt;
    bool is_sound; /* complete, with a closed ledger */
    int64_t samples_consumed;
    char digest[VR_OUTPUTS_DIGEST_SIZE]; /* of the outputs, as stored; "" = none */
};

/* By record, repeat and attempt.  Zeroed = empty. */
struct vr_replayed_list {
    struct vr_replayed *items;
    size_t count, capacity;
};

/* On error the list may be part filled; vr_replayed_finish is the caller's in any case. */
int vr_replayed_load(
    struct vr_store *store, int64_t run_id, struct vr_replayed_list *list, struct vr_err *err);
void vr_replayed_finish(struct vr_replayed_list *list);

/* Is the item at this place the last attempt at its record and repeat? */
bool vr_replayed_is_last(const struct vr_replayed_list *list, size_t place);

/* What of their content is not the same: "files", "signals", "window" or "rate"; NULL = nothing,
 * whatever the records are called. */
const char *vr_replayed_other(const struct vr_replayed *a, const struct vr_replayed *b);

/* The same, of everything that their scores depend on besides the outputs: also "truth", "warm-up" or "strata". */
const char *vr_replayed_other_case(const struct vr_replayed *a, const struct vr_replayed *b);

/* The outputs of a trial with their digest.  The caller frees *ret_rows.  VR_ERR_INPUT when they
 * are not those whose digest was stored with the trial. */
int vr_replayed_outputs(
    struct vr_store *store, const struct vr_replayed *trial, struct vr_output_row **ret_rows,
    size_t *ret_count, char ret_digest[VR_OUTPUTS_DIGEST_SIZE], struct vr_err *err);

#endif
