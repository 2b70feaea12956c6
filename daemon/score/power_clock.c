/* Pieces of lines. */
#include "score/power_clock.h"

#include <math.h>
#include <string.h>

#include "base/ticks.h"

static bool is_of(const struct vr_power_clock_row *row, const char *clock)
{
    return strcmp(row->clock, clock) == 0;
}

static double sample_at(const struct vr_power_clock_row *row, int64_t x)
{
    return row->y0 + row->slope * (double)(x - row->x0);
}

/* Pieces are few (one a minute). */
bool vr_power_clock_at(
    const struct vr_power_clocks *clocks, const char *clock, int64_t x, double *ret_sample,
    double *ret_bound)
{
    for (size_t i = 0; i < clocks->count; i++) {
        const struct vr_power_clock_row *row = &clocks->rows[i];
        if (!is_of(row, clock) || x < row->x0 || x > row->x1)
            continue;
        *ret_sample = sample_at(row, x);
        *ret_bound = row->bound;
        return true;
    }
    return false;
}

bool vr_power_clock_back(
    const struct vr_power_clocks *clocks, const char *clock, double sample, int64_t *ret_x)
{
    for (size_t i = 0; i < clocks->count; i++) {
        const struct vr_power_clock_row *row = &clocks->rows[i];
        if (!is_of(row, clock) || sample < sample_at(row, row->x0) ||
            sample > sample_at(row, row->x1))
            continue;
        *ret_x = row->x0 + llrint((sample - row->y0) / row->slope);
        return true;
    }
    return false;
}

/* Ticks by which an output that came at host_ns was emitted at the latest. */
static int64_t latest_at(
    const struct vr_power_clocks *clocks, int64_t host_ns, int64_t ticks_hz, int64_t otherwise)
{
    double sample, bound;
    int64_t ticks;
    if (!vr_power_clock_at(clocks, "host", host_ns, &sample, &bound) ||
        !vr_power_clock_back(clocks, "device", sample, &ticks))
        return otherwise;
    return ticks + ticks_hz / 20; /* 50 ms for what both clocks are off */
}

void vr_power_clock_unwrap(
    const struct vr_power_clocks *clocks, uint32_t start, int64_t ticks_hz,
    const struct vr_output_row *outputs, size_t count, int64_t *ticks)
{
    int64_t latest = INT64_MAX / 2;
    for (size_t i = 0; i < clocks->count; i++)
        if (is_of(&clocks->rows[i], "device"))
            latest = clocks->rows[i].x1;
    for (size_t i = count; i-- > 0;) {
        int64_t by_arrival = latest_at(clocks, outputs[i].host_ns, ticks_hz, latest);
        latest = by_arrival < latest ? by_arrival : latest;
        ticks[i] = latest = vr_ticks_until(outputs[i].ticks_emitted - start, latest);
    }
}
