/* One gap, and its samples. */
#include "replay/meter_absence.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

#define MISSING_AT_ONCE 4096
#define LENGTH_ERR_S 0.2

/* `count` samples that were not taken, behind those that were. */
static int pack_missing(
    struct vr_power_packer *packer, const struct vr_power_info *info, int64_t count,
    struct vr_err *err)
{
    uint8_t ranges[MISSING_AT_ONCE], lines[MISSING_AT_ONCE] = {0};
    uint16_t codes[MISSING_AT_ONCE] = {0};
    float values[MISSING_AT_ONCE];
    int r = 0;
    memset(ranges, VR_POWER_MISSING, sizeof ranges);
    for (size_t i = 0; i < MISSING_AT_ONCE; i++)
        values[i] = (float)NAN;
    for (int64_t left = count; r == 0 && left > 0;) {
        size_t now = left < MISSING_AT_ONCE ? (size_t)left : MISSING_AT_ONCE;
        const struct vr_power_samples samples = {
            .first = vr_power_packer_count(packer),
            .count = now,
            .codes = info->is_coded ? codes : NULL,
            .ranges = info->is_coded ? ranges : NULL,
            .values = info->is_coded ? NULL : values,
            .volts = info->has_volts ? values : NULL,
            .lines = info->has_lines ? lines : NULL,
        };
        r = vr_power_packer_add(packer, &samples, err);
        left -= (int64_t)now;
    }
    return r;
}

int vr_meter_pack_absence(
    struct vr_power_packer *packer, const struct vr_power_info *info, enum vr_power_gap_kind kind,
    int64_t started_ns, struct vr_err *err)
{
    double rate_hz = (double)info->rate_num / info->rate_den;
    double passed_s = (double)(vr_clock_monotonic_ns() - started_ns) / 1e9;
    int64_t first = vr_power_packer_count(packer), margin = (int64_t)(LENGTH_ERR_S * rate_hz) + 1;
    int64_t count = (int64_t)(passed_s * rate_hz) - first;
    if (count < 1)
        count = 1;
    const struct vr_power_gap gap = {
        .first = first,
        .count = count,
        .kind = kind,
        .count_min = count > margin ? count - margin : 1,
        .count_max = count + margin,
    };
    int r = vr_power_packer_add_gap(packer, &gap, err);
    return r < 0 ? r : pack_missing(packer, info, count, err);
}
