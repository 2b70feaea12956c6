/* The records of a plan: which are selected, and that each can be replayed.
 *
 * Only replay/plan.c includes this file. */
#ifndef VR_REPLAY_PLAN_RECORDS_H
#define VR_REPLAY_PLAN_RECORDS_H

#include "replay/plan.h"

/* Of a plan whose device, window and seed are known. */
int vr_plan_select_records(
    struct vr_plan *plan, const struct vr_plan_options *options, struct vr_err *err);

#endif
