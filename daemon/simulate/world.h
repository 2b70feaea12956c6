/* The simulated world: what a device draws, as a function of its GPIO lines, known exactly.
 *
 *     line 1 (inference) on   the current goes to inference_a, with a ripple on top
 *     else line 0 (busy) on   to busy_a
 *     else                    to idle_a
 *
 * It goes there as a capacitor behind a resistor does, i(t) = target + (i0 - target) * exp(-t / tau): the integral is a formula, so
 * charge and energy of any interval are true to the last digits of a double, whoever samples the current how.
 *
 * Changes of lines come in the order of time and are kept, so that a meter can ask about the past.  Of very old ones only the charge
 * is kept. */
#ifndef VR_SIMULATE_WORLD_H
#define VR_SIMULATE_WORLD_H

#include "base/err.h"
#include "simulate/simulate.h"

enum vr_world_line { VR_WORLD_BUSY, VR_WORLD_INFERENCE, VR_WORLD_SYNC };

struct vr_world_model {
    double idle_a, busy_a, inference_a;
    double tau_s; /* of the way to a new current; 0 = at once */
    double ripple_a,
        ripple_hz; /* amplitude and frequency of a sine during an inference, from its rise on; 0 = none */
    double volts; /* of the supply */
};

/* A small wearable: 3 uA asleep, 2 mA busy, 6 mA during an inference, 30 us from one to the next, no ripple, 3 V. */
void vr_world_model_init(struct vr_world_model *model);

struct vr_world;

/* All lines are low, and the current is idle, since ever; charge is counted from start_ns on. */
int vr_world_create(
    const struct vr_world_model *model, int64_t start_ns, struct vr_world **ret_world,
    struct vr_err *err);
void vr_world_destroy(struct vr_world *world);

/* Lines change; one that lies before the last change counts as at its time.  Returns 0, or by how many ns it comes too late: somebody
 * has already been told of a world without it.  VR_ERR_NO_MEMORY as -1: the change is not known. */
int64_t vr_world_change(struct vr_world *world, int64_t at_ns, uint8_t levels);

/* For meters; lives as long as the world.  An instant before the oldest change that is kept (262144 of them) is answered as that one,
 * and counted. */
const struct vr_sim_world *vr_world_view(struct vr_world *world);
int64_t vr_world_forgotten(const struct vr_world *world);

/* From start_ns to at_ns, at or after the last change. */
double vr_world_coulombs(const struct vr_world *world, int64_t at_ns);

#endif
