/* Levels and scatter of what is between pulses. */
#include "score/quiet.h"

#include <math.h>
#include <stdlib.h>

#include "stats/quantile.h"

#define NEIGHBOURS 3     /* quiet parts on either side whose median is the idle power */
#define GUARD 2          /* samples beside a pulse that are not quiet yet */
#define OUTSIDE_S 0.05   /* what is quiet before the first pulse and behind the last */
#define SCATTER_MAX 1024 /* quiet parts, evenly, that the noise is taken from */
#define SCATTER_SAMPLES 256
#define SCATTER_PARTS 64

static int measure(
    struct vr_quiet *quiet, const struct vr_power_trace *trace, size_t place, double *scatter,
    int64_t *count, struct vr_err *err)
{
    const struct vr_pulses *active = quiet->active;
    int64_t outside = (int64_t)(OUTSIDE_S * trace->rate_hz);
    int64_t first = place > 0 ? active->items[place - 1].fall : active->items[0].rise - outside;
    int64_t end =
        place < active->count ? active->items[place].rise : active->items[place - 1].fall + outside;
    first = (first > 0 ? first : 0) + GUARD;
    end = (end < trace->count ? end : trace->count) - GUARD;
    quiet->levels_j[place] = NAN;
    if (first >= end)
        return 0;
    struct vr_power_sum sum;
    int r = trace->sum(trace->context, first, end, &sum, err);
    if (r < 0)
        return r;
    if (sum.lost == 0)
        quiet->levels_j[place] = sum.energy_j / (double)sum.count;
    if (place % (active->count / SCATTER_MAX + 1) != 0)
        return 0;
    int64_t some = end - first < SCATTER_SAMPLES ? end : first + SCATTER_SAMPLES;
    return vr_power_scatter(trace, first, some, scatter, count, err);
}

/* Where no line tells what is quiet: the noise of the quieter parts of the stream, which are those below the lower quartile. */
static int find_noise(
    struct vr_quiet *quiet, const struct vr_power_trace *trace, struct vr_err *err)
{
    double squares[SCATTER_PARTS];
    size_t used = 0;
    for (int64_t i = 0; i < SCATTER_PARTS && trace->count > 2 * SCATTER_SAMPLES; i++) {
        int64_t first = (trace->count - SCATTER_SAMPLES) / SCATTER_PARTS * i, count = 0;
        double sum = 0;
        int r = vr_power_scatter(trace, first, first + SCATTER_SAMPLES, &sum, &count, err);
        if (r < 0)
            return r;
        if (count > 0)
            squares[used++] = sum / 2 / (double)count;
    }
    vr_quantile_sort(squares, used);
    quiet->noise_j = sqrt(vr_quantile(squares, used, 0.25));
    return 0;
}

int vr_quiet_find(
    const struct vr_power_trace *trace, const struct vr_pulses *active, struct vr_quiet *quiet,
    struct vr_err *err)
{
    size_t count = active->count + 1;
    *quiet = (struct vr_quiet){.active = active};
    quiet->levels_j = calloc(count, sizeof *quiet->levels_j);
    quiet->numbers = calloc(count, sizeof *quiet->numbers);
    if (!quiet->levels_j || !quiet->numbers)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu quiet parts", count);
    quiet->noise_j = NAN;
    quiet->levels_j[0] = NAN;
    double scatter = 0;
    int64_t steps = 0;
    for (size_t i = 0; i < count && quiet->active->count > 0; i++) {
        int r = measure(quiet, trace, i, &scatter, &steps, err);
        if (r < 0)
            return r;
    }
    if (steps == 0)
        return find_noise(quiet, trace, err);
    quiet->noise_j = sqrt(scatter / 2 / (double)steps);
    return 0;
}

/* Median of the quiet parts [first, end), those that are known. */
static double median(struct vr_quiet *quiet, size_t first, size_t end)
{
    size_t count = 0;
    for (size_t i = first; i < end; i++)
        if (!isnan(quiet->levels_j[i]))
            quiet->numbers[count++] = quiet->levels_j[i];
    vr_quantile_sort(quiet->numbers, count);
    return vr_quantile(quiet->numbers, count, 0.5);
}

double vr_quiet_near(struct vr_quiet *quiet, double sample)
{
    size_t pulse = vr_pulses_until(quiet->active, sample), count = quiet->active->count + 1;
    size_t first = pulse > NEIGHBOURS ? pulse - NEIGHBOURS : 0;
    size_t end = pulse + NEIGHBOURS < count ? pulse + NEIGHBOURS : count;
    return median(quiet, first, end);
}

double vr_quiet_all(struct vr_quiet *quiet)
{
    return quiet->active->count > 0 ? median(quiet, 0, quiet->active->count + 1) : (double)NAN;
}

void vr_quiet_finish(struct vr_quiet *quiet)
{
    free(quiet->levels_j);
    free(quiet->numbers);
}
