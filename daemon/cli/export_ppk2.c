/* Power traces as .ppk2 archives. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "cli/export_power.h"
#include "cli/say.h"
#include "power/ppk2_file.h"
#include "power/ppk2_filter.h"

#define AT_ONCE 1024

struct export
{
    struct vr_power_reader *reader;
    const struct vr_power_stream_row *stream;
    int64_t at; /* next sample */
    double rate_hz;
    bool is_filtered;
    struct vr_ppk2_filter filter;
};

/* Without a voltage, or with none at all, a sample has no current. */
static float current_of(const struct export *export, float value, float volts)
{
    double power = (double)value;
    if (export->stream->quantity == VR_POWER_ENERGY)
        power *= export->rate_hz;
    double current = power / (double)volts;
    return isfinite(current) ? (float)current : NAN;
}

static int smooth(struct export *export, float *amperes, size_t count, struct vr_err *err)
{
    uint16_t codes[AT_ONCE];
    uint8_t ranges[AT_ONCE];
    int r = vr_power_reader_codes(export->reader, export->at, count, codes, ranges, NULL, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        amperes[i] = (float)vr_ppk2_filter(&export->filter, ranges[i], (double)amperes[i]);
    return r;
}

static int next_samples(
    void *context, float *amperes, uint8_t *lines, size_t capacity, size_t *ret_count,
    struct vr_err *err)
{
    struct export *export = context;
    float volts[AT_ONCE];
    size_t count = capacity < AT_ONCE ? capacity : AT_ONCE;
    int r = vr_power_reader_samples(export->reader, export->at, count, amperes, volts, lines, err);
    for (size_t i = 0; r == 0 && i < count && export->stream->quantity != VR_POWER_CURRENT; i++)
        amperes[i] = current_of(export, amperes[i], volts[i]);
    if (r == 0 && export->is_filtered)
        r = smooth(export, amperes, count, err);
    export->at += (int64_t)count;
    *ret_count = count;
    return r;
}

static int check(const struct vr_trace *trace, bool is_filtered, struct vr_err *err)
{
    const struct vr_power_stream_row *stream = vr_power_reader_stream(trace->reader);
    bool is_current = stream->quantity == VR_POWER_CURRENT;
    if (!is_current && !stream->has_volts && isnan(stream->supply_v))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "meter %s: a .ppk2 file holds current, and this trace holds %s of an unknown supply; "
            "export it as csv, or give \"supply_mv\" in the rig file before the next run",
            stream->meter, stream->quantity == VR_POWER_POWER ? "power" : "energy");
    if (is_filtered && (!stream->is_coded || strcmp(stream->instrument, "PPK2") != 0))
        return vr_err_set(
            err, VR_ERR_INPUT, "--filter is for traces of a PPK2; meter %s is \"%s\": leave it out",
            stream->meter, stream->instrument);
    if (trace->first == trace->end)
        return vr_err_set(err, VR_ERR_EMPTY, "the piece of the trace has no samples");
    if (!is_current)
        vr_say(
            "meter %s measured no current: the current in the file is its power / volts",
            stream->meter);
    return 0;
}

int vr_export_power_ppk2(
    const char *path, const struct vr_trace *trace, bool is_filtered, struct vr_err *err)
{
    const struct vr_power_stream_row *stream = vr_power_reader_stream(trace->reader);
    struct export export = {
        .reader = trace->reader,
        .stream = stream,
        .at = trace->first,
        .rate_hz = (double)stream->rate_num / stream->rate_den,
        .is_filtered = is_filtered,
    };
    const struct vr_ppk2_info info = {
        .rate_hz = export.rate_hz,
        .count = trace->end - trace->first,
        .started_utc_ms = (double)(stream->started_ns + trace->utc_minus_ns) / VR_NS_PER_MS +
                          1e3 * vr_trace_s(trace, trace->first),
    };
    int r = check(trace, is_filtered, err);
    return r < 0 ? r : vr_ppk2_file_write(path, &info, next_samples, &export, err);
}
