/* Copies of a store that can be relied on.
 *
 * Only daemon/store includes this file. */
#ifndef VR_STORE_COPY_H
#define VR_STORE_COPY_H

#include "store/store.h"

/* Copy a file that holds runs to "<path>.before-schema-N", N being the schema that it will have.  A whole copy that is there already and
 * holds as many rows is good; another one is left alone, and the time is added to the name. */
int vr_copy_before_migration(struct vr_store *store, struct vr_err *err);

#endif
