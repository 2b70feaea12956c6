/* Sums over the samples of a chunk, and sums of sums that lose no digit.
 *
 * A day at 100 ksps has 8.6e9 samples: in one double the sum of the last millisecond would stand ten digits below the total, and a
 * difference of two totals would have six good digits left.  Sums over chunks are therefore kept as the sum of two doubles (Knuth's
 * two-sum, the error of each addition exact in the second one).
 *
 * Only daemon/store includes this file. */
#ifndef VR_STORE_POWER_SUM_H
#define VR_STORE_POWER_SUM_H

#include "store/power_chunk.h"

/* The sum of two doubles, high the nearest one to it; NaN = there is none. */
struct vr_twin {
    double high, low;
};

struct vr_twin vr_twin_add(struct vr_twin twin, double value);
struct vr_twin vr_twin_add_twin(struct vr_twin a, struct vr_twin b);
struct vr_twin vr_twin_subtract(struct vr_twin a, struct vr_twin b);

/* How samples of a stream become charge and energy. */
struct vr_power_measure {
    double a[VR_POWER_MISSING + 1][3]; /* of codes; NaN for missing ones */
    double gain_err[VR_POWER_MISSING + 1];
    bool is_coded, by_volts;
    double charge_factor, energy_factor; /* of the sum of values; NaN = there is none */
};

void vr_power_measure_init(
    struct vr_power_measure *measure, const struct vr_power_stream_row *stream);

/* Samples of one node or less. */
struct vr_power_block {
    uint32_t size, count;       /* all of them; those that are there */
    double min, max, sum;       /* of values; NaN where none is there */
    double energy, gain_energy; /* before energy_factor */
};

/* Samples [first, first + count) of the chunk, count <= VR_POWER_NODE. */
void vr_power_block_measure(
    const struct vr_power_measure *measure, const struct vr_power_chunk *chunk, uint32_t first,
    uint32_t count, struct vr_power_block *ret_block);

/* Sums over all samples from the first one of the stream up to some place. */
struct vr_power_total {
    int64_t present; /* samples that are there */
    struct vr_twin charge_c, energy_j;
    double gain_err_j;
};

/* Sums over a piece of a chunk, as the columns of power_chunk have them. */
struct vr_power_piece {
    int64_t present;
    double charge_c, energy_j, gain_err_j;
};

void vr_power_piece_measure(
    const struct vr_power_measure *measure, const struct vr_power_chunk *chunk, uint32_t first,
    uint32_t end, struct vr_power_piece *ret_piece);

/* The same from blocks that were measured before. */
void vr_power_piece_of_blocks(
    const struct vr_power_measure *measure, const struct vr_power_block *blocks, size_t count,
    struct vr_power_piece *ret_piece);

/* Zero in each sum that the stream has, NaN in the others. */
void vr_power_total_init(const struct vr_power_measure *measure, struct vr_power_total *ret_total);
void vr_power_total_add(struct vr_power_total *total, const struct vr_power_piece *piece);

#endif
