/* "channels": which signals of a record go to the device. */
#include "scenario/field.h"
#include "scenario/scenario_parts.h"

#include <string.h>

#define BITS 16

static const struct {
    const char *word;
    enum wire_stream_kind kind;
} stream_kinds[] = {
    {"ecg", WIRE_STREAM_ECG},     {"ppg", WIRE_STREAM_PPG}, {"acc", WIRE_STREAM_ACC},
    {"resp", WIRE_STREAM_RESP},   {"eda", WIRE_STREAM_EDA}, {"temp", WIRE_STREAM_TEMP},
    {"other", WIRE_STREAM_OTHER},
};

static int read_channel(
    struct vr_scenario_channel *channel, const struct vr_json *node, struct vr_err *err)
{
    const char *as = vr_field_text(node, "as", "");
    for (size_t i = 0; i < sizeof stream_kinds / sizeof *stream_kinds; i++)
        if (strcmp(stream_kinds[i].word, as) == 0)
            channel->kind = stream_kinds[i].kind;
    channel->place = vr_json_place(node);
    channel->signal = vr_field_text(node, "signal", NULL);
    channel->index = (unsigned)vr_field_number(node, "index", 0);
    channel->name = vr_field_text(node, "name", NULL);
    channel->rate_hz = vr_field_number(node, "rate_hz", 0);
    channel->gain = vr_field_number(node, "gain", 0);
    channel->unit = vr_field_text(node, "unit", NULL);
    channel->offset = vr_field_number(node, "offset", 0);
    channel->bits = (int)vr_field_number(node, "bits", BITS);
    channel->is_saturating = vr_field_bool(node, "saturate", false);

    char path[64];
    if (!channel->unit != !vr_json_get(node, "gain"))
        return vr_json_error(
            err, node, "%s: \"gain\" and \"unit\" belong together: LSB for each of which unit?",
            vr_json_path(node, path, sizeof path));
    if (!channel->signal == !vr_json_get(node, "index"))
        return vr_json_error(
            err, node, "%s: give either \"signal\" (a name) or \"index\" (a number)",
            vr_json_path(node, path, sizeof path));
    return 0;
}

int vr_scenario_channels_read(
    struct vr_scenario *scenario, const struct vr_json *list, struct vr_err *err)
{
    if (!list) {
        scenario->channels[0] = (struct vr_scenario_channel){.kind = WIRE_STREAM_ECG, .bits = BITS};
        scenario->channel_count = 1;
        return 0;
    }
    for (const struct vr_json *n = vr_json_first(list); n; n = vr_json_next(n)) {
        int r = read_channel(&scenario->channels[scenario->channel_count++], n, err);
        if (r < 0)
            return r;
    }
    return 0;
}
