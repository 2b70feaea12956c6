/* The check of power traces.
 *
 * Only daemon/store includes this file. */
#ifndef VR_STORE_POWER_CHECK_H
#define VR_STORE_POWER_CHECK_H

#include "store/check.h"

/* Every chunk is decoded and packed again: its sums, the pyramid, the edges and the gaps must be those of its samples.  Streams whose
 * samples are not in this file are passed over. */
int vr_power_check(
    struct vr_store *store, vr_finding_fn *fn, void *context, size_t *ret_findings,
    struct vr_err *err);

#endif
