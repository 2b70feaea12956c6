#include "replay/convert.h"

#include <math.h>

#include "dataset/unit.h"
#include "wire/protocol.h"

bool vr_convert_amount(
    const struct vr_signal *signal, const char *unit, double amount, double *ret_lsb)
{
    double ratio;
    if (signal->gain <= 0 || !vr_unit_ratio(unit, signal->unit, &ratio))
        return false;
    *ret_lsb = amount * ratio * signal->gain;
    return true;
}

/* One LSB in nano-units: 200 LSB/mV is 5,000 nV.  0 = uncalibrated, or a unit without a known size. */
static uint32_t lsb_nano(const char *unit, double gain)
{
    double nano = gain > 0 ? vr_unit_nano(unit) / gain : 0;
    return nano < UINT32_MAX ? (uint32_t)lround(nano) : 0;
}

static int refuse(
    const struct vr_scenario *scenario, const struct vr_scenario_channel *channel,
    const struct vr_record *record, const struct vr_signal *signal, struct vr_err *err)
{
    const struct vr_place *place = &channel->place;
    if (signal->gain <= 0)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s:%d:%d: record %s: signal \"%s\" is not calibrated (its file says no LSB per unit), "
            "so it cannot be converted to %g LSB per %s; leave \"gain\" out to send it as it was "
            "recorded",
            scenario->file, place->line, place->column, record->name, signal->name, channel->gain,
            channel->unit);
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s:%d:%d: record %s: signal \"%s\" is in %s, which cannot be told in %s", scenario->file,
        place->line, place->column, record->name, signal->name,
        signal->unit[0] ? signal->unit : "no unit", channel->unit);
}

int vr_convert_init(
    struct vr_convert *convert, const struct vr_scenario *scenario,
    const struct vr_scenario_channel *channel, const struct vr_record *record,
    const struct vr_signal *signal, struct vr_err *err)
{
    int high = (1 << (channel->bits - 1)) - 1;
    *convert = (struct vr_convert){
        .scale = 1,
        .offset = channel->offset,
        .low = (int16_t)(channel->bits == 16 ? -high : -high - 1),
        .high = (int16_t)high,
        .lsb_nano = lsb_nano(signal->unit, signal->gain),
        .is_saturating = channel->is_saturating,
    };
    if (channel->gain == 0)
        return 0;
    double recorded; /* LSB of the recording in one unit */
    if (!vr_convert_amount(signal, channel->unit, 1, &recorded))
        return refuse(scenario, channel, record, signal, err);
    convert->scale = channel->gain / recorded;
    convert->lsb_nano = lsb_nano(channel->unit, channel->gain);
    return 0;
}

bool vr_convert_sample(const struct vr_convert *convert, double value, int16_t *ret_code)
{
    if (isnan(value)) {
        *ret_code = WIRE_SAMPLE_INVALID;
        return true;
    }
    double code = round(value * convert->scale + convert->offset);
    bool fits = code >= convert->low && code <= convert->high;
    *ret_code = fits ? (int16_t)code : code > 0 ? convert->high : convert->low;
    return fits || isinf(value);
}
