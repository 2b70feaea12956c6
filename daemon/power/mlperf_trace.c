/* Energies of a published trace. */
#include "power/mlperf_trace.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define HEADER_SIZE 5
#define PIECE 1024 /* samples */

static double get_f32(const uint8_t *bytes)
{
    float value;
    uint32_t word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                    (uint32_t)bytes[3] << 24;
    memcpy(&value, &word, sizeof value);
    return (double)value;
}

int vr_mlperf_trace_begin(FILE *file, const char *name, double *ret_rate_hz, struct vr_err *err)
{
    uint8_t head[HEADER_SIZE];
    if (fread(head, 1, sizeof head, file) != sizeof head || head[0] != VR_MLPERF_TRACE_MARK)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: does not begin as an MLPerf energy trace does (F1, then a rate)", name);
    *ret_rate_hz = get_f32(head + 1);
    if (!(*ret_rate_hz > 0 && *ret_rate_hz <= 1e9))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: says that it has %g samples a second", name, *ret_rate_hz);
    return 0;
}

int vr_mlperf_trace_read(
    FILE *file, const char *name, double *microjoules, size_t capacity, size_t *ret_count,
    struct vr_err *err)
{
    uint8_t bytes[4 * PIECE];
    size_t size = fread(bytes, 1, 4 * (capacity < PIECE ? capacity : PIECE), file);
    *ret_count = size / 4;
    if (ferror(file))
        return vr_err_set(err, VR_ERR_IO, "%s: %s", name, strerror(errno));
    if (size % 4 != 0)
        return vr_err_set(err, VR_ERR_INPUT, "%s: ends within a sample: it was cut", name);
    for (size_t i = 0; i < *ret_count; i++) {
        microjoules[i] = get_f32(bytes + 4 * i);
        if (isinf(microjoules[i]))
            return vr_err_set(
                err, VR_ERR_INPUT, "%s: byte %ld: an infinite energy", name,
                ftell(file) - (long)size + 4 * (long)i);
    }
    return 0;
}
