/* What the device said in a run, in a few lines: how many outputs of each kind, from when to when, and what they say. */
#ifndef VR_CLI_HEARD_H
#define VR_CLI_HEARD_H

#include "store/store.h"

/* One line on stdout for each trial and kind. */
int vr_heard_put(struct vr_store *store, int64_t run_id, struct vr_err *err);

#endif
