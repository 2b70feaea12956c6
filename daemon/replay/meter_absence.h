/* What a meter that went away, or fell silent, did not measure.
 *
 * From then to the end of the trial the device went on.  That time belongs to the stream, as missing samples, or the trace would
 * look whole. */
#ifndef VR_REPLAY_METER_ABSENCE_H
#define VR_REPLAY_METER_ABSENCE_H

#include "power/power.h"
#include "store/power.h"

/* Host clock; 0 = it never came to that. */
struct vr_meter_times {
    int64_t first_ns,
        heard_ns;       /* the first bytes, the last ones; heard_ns is the start until then */
    int64_t stopped_ns; /* sampling was to end */
};

/* Did it send nothing at the end, although nobody had stopped it?  A process that hangs, a hub that does. */
bool vr_meter_has_fallen_silent(
    const struct vr_meter_times *times, const struct vr_power_info *info);

/* Did it send as many samples as its rate says?  Sums over samples are wrong by the same part.  `why` is left alone if so, or if that
 * cannot be told. */
void vr_meter_rate_why(
    const struct vr_meter_times *times, const struct vr_power_info *info, int64_t count, char *why,
    size_t why_size);

/* Behind what is packed: a gap up to now, by the host's clock, which knows its length to some tenths of a second. */
int vr_meter_pack_absence(
    struct vr_power_packer *packer, const struct vr_power_info *info, enum vr_power_gap_kind kind,
    int64_t started_ns, struct vr_err *err);

#endif
