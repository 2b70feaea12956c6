/* Energy of a piece of a trace between fractional samples.
 *
 * On the axis a sample i stands for [i, i + 1): an integrating meter has measured just that, one that takes instants the one at i + 1/2.
 * Where a piece begins or ends within a sample of an integrating meter, the part of the sample before the edge has the level of the sample
 * before: the current of a device follows its edge, through its capacitors, and never comes before it.  Of an instant, the power holds
 * half a sample to either side. */
#ifndef VR_SCORE_POWER_PIECE_H
#define VR_SCORE_POWER_PIECE_H

#include "store/power.h"

/* Where samples come from: a reader of the store, or a test. */
struct vr_power_trace {
    void *context;
    int (*sum)(
        void *context, int64_t first, int64_t end, struct vr_power_sum *ret_sum,
        struct vr_err *err);
    /* In the stream's unit; volts as the stream has them, NaN where it has none. */
    int (*samples)(
        void *context, int64_t first, size_t count, float *values, float *volts,
        struct vr_err *err);
    int64_t count;
    double rate_hz;
    enum vr_power_quantity quantity;
    bool is_integrating;
    double supply_v; /* NaN = measured, or not known */
};

struct vr_power_piece {
    double energy_j, charge_c, gain_err_j; /* NaN = there is none */
    int64_t lost;                          /* missing samples in it, and beside its ends */
};

/* Of [first, end) with 0 < first <= end < count: on either side there is a neighbour.  Where samples are missing only `lost` is told. */
int vr_power_piece(
    const struct vr_power_trace *trace, double first, double end, struct vr_power_piece *ret_piece,
    struct vr_err *err);

/* What the energy of a piece may be off by, because its begin (or end) at a position may be off by so many samples.  Of an integrating
 * meter only the level before the edge counts, as long as it is sure in which sample that was (`in_sample`). */
int vr_power_edge_err(
    const struct vr_power_trace *trace, double position, double off, bool in_sample,
    double *ret_err_j, struct vr_err *err);

/* Energy of one sample, NaN = it is missing or there is none. */
int vr_power_level(
    const struct vr_power_trace *trace, int64_t sample, double *ret_energy_j, struct vr_err *err);

/* Largest current of the samples [first, end) in A, NaN = it is not known. */
int vr_power_peak(
    const struct vr_power_trace *trace, int64_t first, int64_t end, double *ret_peak_a,
    struct vr_err *err);

/* Sum of the squared differences of neighbours in [first, end), and how many they are; energies of samples. */
int vr_power_scatter(
    const struct vr_power_trace *trace, int64_t first, int64_t end, double *sum, int64_t *count,
    struct vr_err *err);

#endif
