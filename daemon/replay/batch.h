/* Batches: a campaign's cells that are still to be made, as jobs.
 *
 * A job is cells of one group and one repetition.  It is long enough to be worth a flash and short enough that what waits need not wait
 * long: about the campaign's batch_s of signal.  And a bench with more devices gets more jobs: no device stays idle while one job could have been two. */
#ifndef VR_REPLAY_BATCH_H
#define VR_REPLAY_BATCH_H

#include "replay/expansion.h"
#include "scenario/order.h"

#define VR_BATCH_CELLS_MAX 500 /* an order is a body of 256 KiB at most */

struct vr_batch {
    size_t group;
    int repeat;
    size_t first, count; /* in `cells` of the batches; at most VR_BATCH_CELLS_MAX */
    double duration_s;   /* at most batch_s and a cell */
};

struct vr_batches {
    size_t *cells; /* indexes of the wanted cells, in their order */
    size_t cell_count;
    struct vr_batch *items;
    size_t count, room;
};

/* Of the cells for which `is_wanted` says so (NULL = all). */
int vr_batches_make(
    const struct vr_expansion *expansion, const bool *is_wanted, struct vr_batches *ret_batches,
    struct vr_err *err);
void vr_batches_finish(struct vr_batches *batches);

/* The order for one of them (schema/order.schema.json); the caller frees the text.  VR_ERR_INPUT: a record cannot be named in an order. */
int vr_batch_order(
    const struct vr_expansion *expansion, const struct vr_batches *batches, size_t batch,
    char **ret_text, struct vr_err *err);

#endif
