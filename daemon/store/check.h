/* The part of the check that only reads: what a source must pass before it is merged.
 *
 * Only daemon/store includes this file. */
#ifndef VR_STORE_CHECK_H
#define VR_STORE_CHECK_H

#include "store/sql.h"

typedef int vr_finding_fn(void *context, const char *finding);

/* As vr_store_check, without asking the constraints again. */
int vr_check_read(
    struct vr_store *store, vr_finding_fn *fn, void *context, size_t *ret_findings,
    struct vr_err *err);

#endif
