/* What a meter that went away, or fell silent, did not measure.
 *
 * From then to the end of the trial the device went on.  That time belongs to the stream, as missing samples, or the trace would
 * look whole. */
#ifndef VR_REPLAY_METER_ABSENCE_H
#define VR_REPLAY_METER_ABSENCE_H

#include "power/power.h"
#include "store/power.h"

/* Behind what is packed: a gap up to now, by the host's clock, which knows its length to some tenths of a second. */
int vr_meter_pack_absence(
    struct vr_power_packer *packer, const struct vr_power_info *info, enum vr_power_gap_kind kind,
    int64_t started_ns, struct vr_err *err);

#endif
