/* Defaults, and what the schema cannot say: which fields belong together. */
#include "scenario/rig_mlperf.h"

#include <string.h>

#include "base/json_error.h"
#include "scenario/field.h"

#define CHUNK_SIZE \
    31 /* "db " and 62 digits fit into the firmware's buffer of 80 characters with room to spare */
#define INFER_TIMEOUT_S 30

static enum vr_rig_format format_of(const struct vr_json *node)
{
    static const char *const words[] = {
        [VR_RIG_FORMAT_INT8] = "int8",
        [VR_RIG_FORMAT_UINT8] = "uint8",
        [VR_RIG_FORMAT_INT16] = "int16",
        [VR_RIG_FORMAT_FLOAT32] = "float32",
    };
    int format = VR_RIG_FORMAT_FLOAT32; /* the schema lets no other word pass */
    while (format > 0 && strcmp(words[format], vr_json_string(node)) != 0)
        format--;
    return (enum vr_rig_format)format;
}

int vr_rig_mlperf_read(struct vr_rig_mlperf *mlperf, const struct vr_json *dut, struct vr_err *err)
{
    const struct vr_json *node = vr_json_get(dut, "mlperf"), *word = vr_json_get(dut, "dialect");
    bool is_spoken = word && strcmp(vr_json_string(word), "mlperf") == 0;
    if (is_spoken && !node)
        return vr_json_error(
            err, word,
            "duts.%s: the dialect mlperf needs an object \"mlperf\" with the model's input",
            vr_json_key(dut));
    if (node && !is_spoken)
        return vr_json_key_error(
            err, node, "duts.%s: \"mlperf\" goes with \"dialect\": \"mlperf\"", vr_json_key(dut));
    if (!node)
        return 0;

    const struct vr_json *verify = vr_json_get(node, "verify");
    double window = vr_field_number(node, "window_samples", 0);
    *mlperf = (struct vr_rig_mlperf){
        .window_samples = (uint32_t)window,
        .hop_samples = (uint32_t)vr_field_number(node, "hop_samples", window),
        .format = format_of(vr_json_get(node, "format")),
        .scale = vr_field_number(node, "scale", 1),
        .offset = vr_field_number(node, "offset", 0),
        .result_count = (uint32_t)vr_field_number(node, "results", 0),
        .chunk_size = (uint32_t)vr_field_number(node, "chunk_bytes", CHUNK_SIZE),
        .verify = !verify || vr_json_bool(verify),
        .infer_timeout_s = vr_field_number(node, "infer_timeout_s", INFER_TIMEOUT_S),
    };
    if (mlperf->hop_samples > mlperf->window_samples)
        return vr_json_error(
            err, vr_json_get(node, "hop_samples"),
            "duts.%s.mlperf.hop_samples: %u is more than the window of %u: samples in between "
            "would never be seen",
            vr_json_key(dut), mlperf->hop_samples, mlperf->window_samples);
    return 0;
}
