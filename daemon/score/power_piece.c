/* Whole samples by sums, ends by levels. */
#include "score/power_piece.h"

#include <math.h>

#define BLOCK 2048           /* samples at once */
#define EDGE_SAMPLES_MAX 256 /* looked at around an edge that is not sure */

int vr_power_level(
    const struct vr_power_trace *trace, int64_t sample, double *ret_energy_j, struct vr_err *err)
{
    struct vr_power_sum sum;
    int r = trace->sum(trace->context, sample, sample + 1, &sum, err);
    *ret_energy_j = r == 0 && sum.lost == 0 ? sum.energy_j : (double)NAN;
    return r;
}

/* --- pieces --- */

/* `weight` times the sums of one sample. */
static int add_share(
    const struct vr_power_trace *trace, int64_t sample, double weight, struct vr_power_piece *piece,
    struct vr_err *err)
{
    struct vr_power_sum sum;
    if (weight == 0)
        return 0;
    int r = trace->sum(trace->context, sample, sample + 1, &sum, err);
    if (r == 0) {
        piece->energy_j += weight * sum.energy_j;
        piece->charge_c += weight * sum.charge_c;
        piece->gain_err_j += weight * sum.gain_err_j;
    }
    return r;
}

static int add_whole(
    const struct vr_power_trace *trace, int64_t first, int64_t end, struct vr_power_piece *piece,
    struct vr_err *err)
{
    struct vr_power_sum sum;
    int r = trace->sum(trace->context, first, end, &sum, err);
    if (r == 0) {
        piece->energy_j += sum.energy_j;
        piece->charge_c += sum.charge_c;
        piece->gain_err_j += sum.gain_err_j;
    }
    return r;
}

/* Both ends by the sample before them: a device does not draw another current before its edge, but for a while behind it. */
static int add_integrated(
    const struct vr_power_trace *trace, double first, double end, struct vr_power_piece *piece,
    struct vr_err *err)
{
    int64_t from = (int64_t)floor(first), to = (int64_t)floor(end);
    if (from == to)
        return add_share(trace, from, end - first, piece, err);
    int r = add_whole(trace, from, to, piece, err);
    if (r == 0)
        r = add_share(trace, from - 1, -(first - (double)from), piece, err);
    return r == 0 ? add_share(trace, to - 1, end - (double)to, piece, err) : r;
}

/* Every instant within, and what its first and last one hold beyond half a sample. */
static int add_instants(
    const struct vr_power_trace *trace, double first, double end, struct vr_power_piece *piece,
    struct vr_err *err)
{
    int64_t from = (int64_t)ceil(first - 0.5), to = (int64_t)ceil(end - 0.5);
    if (from >= to) /* between two instants: the nearer one */
        return add_share(trace, (int64_t)floor((first + end) / 2), end - first, piece, err);
    int r = add_whole(trace, from, to, piece, err);
    if (r == 0)
        r = add_share(trace, from, (double)from - first, piece, err);
    return r == 0 ? add_share(trace, to - 1, end - (double)to, piece, err) : r;
}

int vr_power_edge_err(
    const struct vr_power_trace *trace, double position, double off, bool in_sample,
    double *ret_err_j, struct vr_err *err)
{
    int64_t from = (int64_t)floor(position - off), to = (int64_t)floor(position + off);
    if (trace->is_integrating && (in_sample || from == to)) {
        double level;
        int r = vr_power_level(trace, (int64_t)floor(position) - 1, &level, err);
        *ret_err_j = off * fabs(level);
        return r;
    }
    double highest = 0;
    from = from - 1 > 0 ? from - 1 : 0;
    to = to - from > EDGE_SAMPLES_MAX ? from + EDGE_SAMPLES_MAX : to + 1;
    for (int64_t i = from; i <= to && i < trace->count; i++) {
        double level;
        int r = vr_power_level(trace, i, &level, err);
        if (r < 0)
            return r;
        highest = fmax(highest, fabs(level));
    }
    *ret_err_j = off * highest;
    return 0;
}

int vr_power_piece(
    const struct vr_power_trace *trace, double first, double end, struct vr_power_piece *ret_piece,
    struct vr_err *err)
{
    struct vr_power_sum around;
    struct vr_power_piece piece = {0};
    int64_t from = (int64_t)floor(first) - 1, to = (int64_t)ceil(end) + 1;
    from = from > 0 ? from : 0;
    to = to < trace->count ? to : trace->count;
    int r = trace->sum(trace->context, from, to, &around, err);
    if (r == 0 && around.lost > 0)
        piece = (struct vr_power_piece){NAN, NAN, NAN, around.lost};
    else if (r == 0)
        r = trace->is_integrating ? add_integrated(trace, first, end, &piece, err)
                                  : add_instants(trace, first, end, &piece, err);
    *ret_piece = piece;
    return r;
}

/* --- samples one by one --- */

/* What one sample says in A, in W or in J; volts NaN = not measured. */
static double current_a(const struct vr_power_trace *trace, double value, double volts)
{
    double v = isnan(volts) ? trace->supply_v : volts;
    if (trace->quantity == VR_POWER_CURRENT)
        return value;
    return (trace->quantity == VR_POWER_POWER ? value : value * trace->rate_hz) / v;
}

static double energy_j(const struct vr_power_trace *trace, double value, double volts)
{
    double v = isnan(volts) ? trace->supply_v : volts;
    if (trace->quantity == VR_POWER_ENERGY)
        return value;
    return (trace->quantity == VR_POWER_POWER ? value : value * v) / trace->rate_hz;
}

int vr_power_peak(
    const struct vr_power_trace *trace, int64_t first, int64_t end, double *ret_peak_a,
    struct vr_err *err)
{
    float values[BLOCK], volts[BLOCK];
    double peak_a = NAN;
    for (int64_t at = first; at < end; at += BLOCK) {
        size_t count = end - at < BLOCK ? (size_t)(end - at) : BLOCK;
        int r = trace->samples(trace->context, at, count, values, volts, err);
        if (r < 0)
            return r;
        for (size_t i = 0; i < count; i++)
            peak_a = fmax(peak_a, current_a(trace, (double)values[i], (double)volts[i]));
    }
    *ret_peak_a = peak_a;
    return 0;
}

int vr_power_scatter(
    const struct vr_power_trace *trace, int64_t first, int64_t end, double *sum, int64_t *count,
    struct vr_err *err)
{
    float values[BLOCK], volts[BLOCK];
    size_t length = end - first < BLOCK ? (size_t)(end - first) : BLOCK;
    int r = trace->samples(trace->context, first, length, values, volts, err);
    for (size_t i = 1; r == 0 && i < length; i++) {
        double step = energy_j(trace, (double)values[i], (double)volts[i]) -
                      energy_j(trace, (double)values[i - 1], (double)volts[i - 1]);
        if (isnan(step))
            continue;
        *sum += step * step;
        (*count)++;
    }
    return r;
}
