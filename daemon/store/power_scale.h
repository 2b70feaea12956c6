/* The calibration of a stream as JSON, as it stands in power_stream.scale.
 *
 * Only daemon/store includes this file. */
#ifndef VR_STORE_POWER_SCALE_H
#define VR_STORE_POWER_SCALE_H

#include "store/power.h"

/* {"a": [[a0, a1, a2], ..], "gain_err": [x, ..], "ceiling": n}: by range, the last ranges left out where they are zero; null = NaN.  The
 * caller frees; NULL = out of memory. */
char *vr_power_scale_write(const struct vr_power_scale *scale);

/* VR_ERR_INPUT.  `name` is that of the file, for the message. */
int vr_power_scale_read(
    const char *text, const char *name, struct vr_power_scale *ret_scale, struct vr_err *err);

#endif
