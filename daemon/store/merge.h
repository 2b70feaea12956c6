/* The rehearsal of a merge.
 *
 * Only daemon/store includes this file. */
#ifndef VR_STORE_MERGE_H
#define VR_STORE_MERGE_H

#include "store/check.h"

/* Copy every run of `source` into an empty store in memory, one at a time, and forget it: `fn` gets a line for each run that does not
 * arrive.  This is what asks the constraints of every row again, for a read-only connection of SQLite does not know CHECK. */
int vr_merge_rehearse(
    struct vr_store *source, vr_finding_fn *fn, void *context, size_t *ret_findings,
    struct vr_err *err);

#endif
