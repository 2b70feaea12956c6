/* The last step of a signal's way: from LSB of the recording to what the device's sensor would give.
 *
 *     code = round(value * scale + offset), half away from zero
 *
 * Without "gain" scale is 1: the recording's own LSB. */
#ifndef VR_REPLAY_CONVERT_H
#define VR_REPLAY_CONVERT_H

#include <stdbool.h>
#include <stdint.h>

#include "dataset/dataset.h"
#include "scenario/scenario.h"

struct vr_convert {
    double scale, offset;
    int16_t low, high;  /* the rails; of 16 bits the lowest code means "no sample here" */
    uint32_t lsb_nano;  /* one LSB in 10^-9 of V, g; 0 = not known */
    bool is_saturating; /* what does not fit is cut */
};

/* VR_ERR_INPUT with the channel's place in the scenario when "gain" is in a unit that the signal is not in, or has no unit at all. */
int vr_convert_init(
    struct vr_convert *convert, const struct vr_scenario *scenario,
    const struct vr_scenario_channel *channel, const struct vr_record *record,
    const struct vr_signal *signal, struct vr_err *err);

/* How many LSB of the recording `amount` of `unit` is.  False: they cannot be told in each other. */
bool vr_convert_amount(
    const struct vr_signal *signal, const char *unit, double amount, double *ret_lsb);

/* NaN is WIRE_SAMPLE_INVALID, an infinity the rail.  False: it does not fit, and *ret_code is the rail. */
bool vr_convert_sample(const struct vr_convert *convert, double value, int16_t *ret_code);

#endif
