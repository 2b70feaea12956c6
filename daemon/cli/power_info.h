/* What a meter was when it was recorded, in a JSON file: what its driver learns when it opens it (struct vr_power_info), under the same names.
 *
 *     {"rate_num": 100000, "rate_den": 1, "quantity": "current", "is_coded": true, "has_lines": true, "supply_v": 3.0,
 *      "scale": [{"a": [0, 1.1e-9, 0], "gain_err": 0.1}, ...], "ceiling": 0}
 *
 * rate_num is required; rate_den is 1, quantity "current", all else false, absent or unknown where it is not given. */
#ifndef VR_CLI_POWER_INFO_H
#define VR_CLI_POWER_INFO_H

#include "base/json_write.h"
#include "power/power.h"

/* VR_ERR_INPUT with the place. */
int vr_power_info_load(const char *path, struct vr_power_info *ret_info, struct vr_err *err);

/* The member "info" of an object. */
void vr_power_info_write(const struct vr_power_info *info, struct vr_json_writer *writer);

const char *vr_power_quantity_name(enum vr_power_quantity quantity);

#endif
