/* Power traces as tables. */
#include "cli/export_power.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define AT_ONCE VR_POWER_CHUNK

struct samples {
    float values[AT_ONCE], volts[AT_ONCE];
    uint8_t lines[AT_ONCE];
};

struct columns {
    bool volts, lines;
};

static void put_head(FILE *file, const struct vr_trace *trace, const struct columns *columns)
{
    fprintf(file, "sample,time_s,%s", vr_trace_column(trace));
    if (columns->volts)
        fputs(",volts", file);
    for (int line = 0; columns->lines && line < VR_POWER_LINES; line++)
        fprintf(file, ",line%d", line);
    fputs("\r\n", file);
}

/* A float reads back as itself from nine digits. */
static void put_value(FILE *file, float value)
{
    putc(',', file);
    if (!isnan(value))
        fprintf(file, "%.9g", (double)value);
}

static void put_rows(
    FILE *file, const struct vr_trace *trace, const struct columns *columns,
    const struct samples *samples, int64_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t sample = first + (int64_t)i;
        fprintf(file, "%" PRId64 ",%.9f", sample, vr_trace_s(trace, sample));
        put_value(file, samples->values[i]);
        if (columns->volts)
            put_value(file, samples->volts[i]);
        for (int line = 0; columns->lines && line < VR_POWER_LINES; line++)
            fprintf(file, ",%d", samples->lines[i] >> line & 1);
        fputs("\r\n", file);
    }
}

int vr_export_power_csv(FILE *file, const struct vr_trace *trace, struct vr_err *err)
{
    const struct vr_power_stream_row *stream = vr_power_reader_stream(trace->reader);
    const struct columns columns = {
        .volts = stream->has_volts || !isnan(stream->supply_v),
        .lines = stream->has_lines,
    };
    _cleanup_free_ struct samples *samples = malloc(sizeof *samples);
    if (!samples)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for samples");
    put_head(file, trace, &columns);
    int r = 0;
    for (int64_t at = trace->first; r == 0 && at < trace->end && !ferror(file);) {
        size_t count = trace->end - at < AT_ONCE ? (size_t)(trace->end - at) : AT_ONCE;
        r = vr_power_reader_samples(
            trace->reader, at, count, samples->values, samples->volts, samples->lines, err);
        if (r == 0)
            put_rows(file, trace, &columns, samples, at, count);
        at += (int64_t)count;
    }
    return r;
}
