/* A device's object "mlperf" in a rig file: how its streams are cut into the inputs of firmware that speaks the text protocol of
 * MLPerf Tiny (schema/mlperf.md). */
#ifndef VR_SCENARIO_RIG_MLPERF_H
#define VR_SCENARIO_RIG_MLPERF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

/* An element of the model's input, little-endian. */
enum vr_rig_format {
    VR_RIG_FORMAT_INT8,
    VR_RIG_FORMAT_UINT8,
    VR_RIG_FORMAT_INT16,
    VR_RIG_FORMAT_FLOAT32,
};

struct vr_rig_mlperf {
    uint32_t window_samples; /* of one inference; 0 = the device has no such object */
    uint32_t hop_samples;    /* from one window's beginning to the next one's, 1..window_samples */
    enum vr_rig_format format;
    double scale, offset;  /* element = sample x scale + offset, whole numbers rounded */
    uint32_t result_count; /* numbers that one inference gives, 1..64 */
    uint32_t chunk_size;   /* bytes that one db command carries, 1..31 */
    bool verify; /* read every input back, and every result twice: the protocol has no check sum */
    double infer_timeout_s; /* of one inference */
};

/* Fill from the node of a device that fits the schema.  The object belongs to the dialect "mlperf": either without the other is
 * VR_ERR_INPUT with its place. */
int vr_rig_mlperf_read(struct vr_rig_mlperf *mlperf, const struct vr_json *dut, struct vr_err *err);

#endif
