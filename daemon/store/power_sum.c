/* Sums over samples. */
#include "store/power_sum.h"

/* --- twins ----------------------------------------------------------------------------------- */

/* a + b = high + low without an error.  D. E. Knuth, The Art of Computer Programming, vol. 2, 4.2.2, theorem B. */
static struct vr_twin two_sum(double a, double b)
{
    double sum = a + b, part = sum - a;
    return (struct vr_twin){sum, (a - (sum - part)) + (b - part)};
}

struct vr_twin vr_twin_add(struct vr_twin twin, double value)
{
    struct vr_twin sum = two_sum(twin.high, value);
    return two_sum(sum.high, sum.low + twin.low);
}

struct vr_twin vr_twin_add_twin(struct vr_twin a, struct vr_twin b)
{
    struct vr_twin sum = two_sum(a.high, b.high);
    return two_sum(sum.high, sum.low + a.low + b.low);
}

struct vr_twin vr_twin_subtract(struct vr_twin a, struct vr_twin b)
{
    return vr_twin_add_twin(a, (struct vr_twin){-b.high, -b.low});
}

/* --- samples --------------------------------------------------------------------------------- */

static double energy_factor(const struct vr_power_stream_row *stream)
{
    double period_s = (double)stream->rate_den / stream->rate_num;
    if (stream->quantity == VR_POWER_ENERGY)
        return 1;
    if (stream->quantity == VR_POWER_POWER || stream->has_volts)
        return period_s;
    return stream->supply_v * period_s; /* NaN stays NaN */
}

void vr_power_measure_init(
    struct vr_power_measure *measure, const struct vr_power_stream_row *stream)
{
    bool is_current = stream->quantity == VR_POWER_CURRENT;
    *measure = (struct vr_power_measure){
        .is_coded = stream->is_coded,
        .by_volts = is_current && stream->has_volts,
        .charge_factor = is_current ? (double)stream->rate_den / stream->rate_num : (double)NAN,
        .energy_factor = energy_factor(stream),
    };
    for (unsigned range = 0; range < VR_POWER_RANGES; range++) {
        for (unsigned i = 0; i < 3; i++)
            measure->a[range][i] = stream->scale.a[range][i];
        measure->gain_err[range] = stream->scale.gain_err[range];
    }
    measure->a[VR_POWER_MISSING][0] = (double)NAN;
}

/* As doubles: the float that a reader gets has three decimal digits less than the instrument's calibration. */
static void values_compute(
    const struct vr_power_measure *measure, const struct vr_power_chunk *chunk, uint32_t first,
    uint32_t count, double *ret_values)
{
    if (measure->is_coded) {
        const uint16_t *codes = chunk->codes + first;
        const uint8_t *ranges = chunk->ranges + first;
        for (uint32_t i = 0; i < count; i++) {
            const double *a = measure->a[ranges[i]];
            ret_values[i] = a[0] + codes[i] * (a[1] + codes[i] * a[2]);
        }
        return;
    }
    const float *values = chunk->values + first;
    for (uint32_t i = 0; i < count; i++)
        ret_values[i] = (double)values[i];
}

static void block_add(struct vr_power_block *block, double value, double energy, double gain_err)
{
    block->min = value < block->min ? value : block->min;
    block->max = value > block->max ? value : block->max;
    block->sum += value;
    block->energy += energy;
    block->gain_energy += fabs(energy) * gain_err;
    block->count++;
}

void vr_power_block_measure(
    const struct vr_power_measure *measure, const struct vr_power_chunk *chunk, uint32_t first,
    uint32_t count, struct vr_power_block *ret_block)
{
    double values[VR_POWER_NODE];
    const uint8_t *ranges = chunk->ranges + first;
    struct vr_power_block block = {
        .size = count, .min = (double)INFINITY, .max = -(double)INFINITY};
    values_compute(measure, chunk, first, count, values);
    for (uint32_t i = 0; i < count; i++) {
        if (ranges[i] == VR_POWER_MISSING)
            continue;
        double volts = measure->by_volts ? (double)chunk->volts[first + i] : 1;
        block_add(&block, values[i], values[i] * volts, measure->gain_err[ranges[i]]);
    }
    if (block.count == 0)
        block.min = block.max = (double)NAN;
    *ret_block = block;
}

void vr_power_piece_of_blocks(
    const struct vr_power_measure *measure, const struct vr_power_block *blocks, size_t count,
    struct vr_power_piece *ret_piece)
{
    struct vr_twin sum = {0}, energy = {0}, gain = {0};
    int64_t present = 0;
    for (size_t i = 0; i < count; i++) {
        present += blocks[i].count;
        sum = vr_twin_add(sum, blocks[i].sum);
        energy = vr_twin_add(energy, blocks[i].energy);
        gain = vr_twin_add(gain, blocks[i].gain_energy);
    }
    *ret_piece = (struct vr_power_piece){
        .present = present,
        .charge_c = sum.high * measure->charge_factor,
        .energy_j = energy.high * measure->energy_factor,
        .gain_err_j = gain.high * measure->energy_factor,
    };
}

void vr_power_piece_measure(
    const struct vr_power_measure *measure, const struct vr_power_chunk *chunk, uint32_t first,
    uint32_t end, struct vr_power_piece *ret_piece)
{
    struct vr_power_block blocks[VR_POWER_CHUNK / VR_POWER_NODE + 1];
    size_t count = 0;
    while (first < end) { /* on the grid of the nodes, so that a whole chunk gives its very sums */
        uint32_t border = (first / VR_POWER_NODE + 1) * VR_POWER_NODE;
        uint32_t part = (border < end ? border : end) - first;
        vr_power_block_measure(measure, chunk, first, part, &blocks[count++]);
        first += part;
    }
    vr_power_piece_of_blocks(measure, blocks, count, ret_piece);
}

/* --- totals ---------------------------------------------------------------------------------- */

void vr_power_total_init(const struct vr_power_measure *measure, struct vr_power_total *ret_total)
{
    double charge = isnan(measure->charge_factor) ? (double)NAN : 0;
    double energy = isnan(measure->energy_factor) ? (double)NAN : 0;
    *ret_total = (struct vr_power_total){
        .charge_c = {charge, charge}, .energy_j = {energy, energy}, .gain_err_j = energy};
}

void vr_power_total_add(struct vr_power_total *total, const struct vr_power_piece *piece)
{
    total->present += piece->present;
    total->charge_c = vr_twin_add(total->charge_c, piece->charge_c);
    total->energy_j = vr_twin_add(total->energy_j, piece->energy_j);
    total->gain_err_j += piece->gain_err_j;
}
