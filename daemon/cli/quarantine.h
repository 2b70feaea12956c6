/* Quarantine: which devices of a rig are refused, as its catalogue has it (store/store.h, "health"). */
#ifndef VR_CLI_QUARANTINE_H
#define VR_CLI_QUARANTINE_H

#include "scenario/rig.h"
#include "store/store.h"

struct vr_quarantine {
    const struct vr_rig *rig;  /* borrowed */
    struct vr_health *healths; /* of its devices, in their order; NULL = nothing is known */
};

/* Read it from the catalogue at `db` (NULL = at its usual place); rig NULL, or no catalogue yet: empty.  Free it in any case. */
int vr_quarantine_load(
    struct vr_quarantine *quarantine, const struct vr_rig *rig, const char *db, struct vr_err *err);
void vr_quarantine_finish(struct vr_quarantine *quarantine);

/* Whether the device may be used: 0, or VR_ERR_DEVICE with since when it is refused, why, and what to do. */
int vr_quarantine_check(
    const struct vr_quarantine *quarantine, const struct vr_rig_dut *dut, struct vr_err *err);
/* The same of a health that was read. */
int vr_quarantine_check_health(
    const struct vr_rig_dut *dut, const struct vr_health *health, struct vr_err *err);

/* What is known of the device; NULL = nothing. */
const struct vr_health *vr_quarantine_health(
    const struct vr_quarantine *quarantine, const struct vr_rig_dut *dut);

/* Let the device be used again, and say so on stdout. */
int vr_quarantine_release(
    const struct vr_rig *rig, const char *name, const char *db, struct vr_err *err);

#endif
