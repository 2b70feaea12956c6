/* Streams and what comes with their samples, for the other files of the store.
 *
 * Only daemon/store and its tests include this file. */
#ifndef VR_STORE_POWER_ROWS_H
#define VR_STORE_POWER_ROWS_H

#include "store/power_batch.h"
#include "store/rows.h"

/* The stream `stream_id`; VR_ERR_NOT_FOUND. */
int vr_power_stream_get(
    struct vr_store *store, int64_t stream_id, vr_power_stream_fn *fn, void *context,
    struct vr_err *err);

/* Words of the schema. */
const char *vr_power_quantity_word(enum vr_power_quantity quantity);
const char *vr_power_gap_word(enum vr_power_gap_kind kind);

#endif
