/* Stages that spoil a signal: one family a file (fault_noise.c, fault_value.c, fault_time.c).
 *
 * What a scenario says is put in numbers of the channel before (replay/signal_faults.c).  Each call puts a stage behind *chain; errors are
 * those of vr_stage_put, and what it names. */
#ifndef VR_REPLAY_FAULT_STAGES_H
#define VR_REPLAY_FAULT_STAGES_H

#include "replay/fault_times.h"
#include "replay/stage.h"

/* gain * (noise - mean) is added.  `noise` is taken, also on error. */
int vr_stage_add_noise(
    struct vr_stage **chain, const struct vr_fault_times *times, struct vr_stage *noise,
    double gain, double mean, struct vr_err *err);

/* A sample becomes another one of itself, its place and the number of the time. */
struct vr_fault_value {
    enum vr_fault_kind kind; /* wander, motion, lead_off, saturation, gap, nan */
    struct vr_fault_times times;
    uint64_t seed;
    double
        amplitude; /* LSB: of wander the peak, of motion the RMS in a burst, of saturation the rail; of nan the probability */
    double frequency_hz;
    enum vr_fault_to to;
};
int vr_stage_value(struct vr_stage **chain, const struct vr_fault_value *value, struct vr_err *err);

/* The sensor's clock is too fast by `ppm` (to 0.001): in the same time it takes more samples, and still calls them by its own rate. */
int vr_stage_clock_drift(struct vr_stage **chain, double ppm, struct vr_err *err);

/* At each time the `samples` before it come once more; what follows comes later by as many, and nothing is dropped. */
int vr_stage_duplicate(
    struct vr_stage **chain, const struct vr_fault_times *times, int64_t samples,
    struct vr_err *err);

#endif
