/* By the host's clock: it knows lengths to some tenths of a second, whatever the port buffers. */
#include "replay/meter_absence.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define MISSING_AT_ONCE 4096
#define LENGTH_ERR_S 0.2
#define SILENT_NS (500 * VR_NS_PER_MS) /* and four samples: so long nobody is silent who samples */
#define RATE_ERR_S 0.5                 /* of the whole stream, and: */
#define RATE_ERR_PART 0.01             /* a timer of a microcontroller without a quartz */

bool vr_meter_has_fallen_silent(
    const struct vr_meter_times *times, const struct vr_power_info *info)
{
    int64_t samples_ns = 4 * VR_NS_PER_S * info->rate_den / info->rate_num;
    return times->stopped_ns && times->stopped_ns - times->heard_ns > SILENT_NS + samples_ns;
}

void vr_meter_rate_why(
    const struct vr_meter_times *times, const struct vr_power_info *info, int64_t count, char *why,
    size_t why_size)
{
    double rate_hz = (double)info->rate_num / info->rate_den;
    double heard_s = (double)(times->heard_ns - times->first_ns) / 1e9;
    double off_s = (double)count / rate_hz - heard_s;
    if (count == 0 || times->first_ns == 0 ||
        fabs(off_s) <= RATE_ERR_S + RATE_ERR_PART * heard_s + 2 / rate_hz)
        return;
    snprintf(
        why, why_size,
        "it sent %" PRId64 " samples within %.1f s, and takes %.6g a second by what it says: its "
        "rate is another one, or samples were lost unseen",
        count, heard_s, rate_hz);
}

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
