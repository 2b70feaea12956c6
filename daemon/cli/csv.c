/* Samples as a table. */
#include "cli/csv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define CHUNK_VALUES 65536 /* read at once */

static const struct vr_signal *signal_of(const struct vr_frames *frames, size_t index)
{
    return &vr_dataset_record(frames->dataset)->signals[frames->first_signal + index];
}

static void put_quoted(const char *text, FILE *file)
{
    putc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
    }
    putc('"', file);
}

static void put_head(const struct vr_frames *frames, FILE *file)
{
    char name[VR_NAME_SIZE + VR_UNIT_SIZE + 8];

    fputs("sample,time_s", file);
    for (size_t i = 0; i < frames->signal_count; i++) {
        const struct vr_signal *signal = signal_of(frames, i);
        snprintf(
            name, sizeof name, "%s[%s]", signal->name, signal->gain != 0 ? signal->unit : "LSB");
        putc(',', file);
        put_quoted(name, file);
    }
    fputs("\r\n", file);
}

static void put_value(const struct vr_signal *signal, int32_t value, FILE *file)
{
    putc(',', file);
    if (value == VR_SAMPLE_INVALID)
        return;
    if (signal->gain == 0)
        fprintf(file, "%" PRId32, value);
    else
        fprintf(file, "%.10g", signal->offset + ((double)value - signal->baseline) / signal->gain);
}

/* `values` holds `frame_count` frames, signal after signal in each. */
static void put_rows(
    const struct vr_frames *frames, const int32_t *values, int64_t first, size_t frame_count,
    FILE *file)
{
    uint32_t own = frames->samples_per_frame[0];
    double rate_hz = (double)frames->rate.num / frames->rate.den * own;

    for (size_t row = 0; row < frame_count * own; row++) {
        int64_t sample = first * own + (int64_t)row;
        const int32_t *frame = values + row / own * frames->frame_samples + row % own;
        fprintf(file, "%" PRId64 ",%.6f", sample, (double)sample / rate_hz);
        for (size_t i = 0; i < frames->signal_count; i++)
            put_value(signal_of(frames, i), frame[i * own], file);
        fputs("\r\n", file);
    }
}

int vr_csv_dump(
    FILE *file, const struct vr_frames *frames, int64_t first, int64_t count, struct vr_err *err)
{
    for (size_t i = 1; i < frames->signal_count; i++)
        if (frames->samples_per_frame[i] != frames->samples_per_frame[0])
            return vr_err_set(
                err, VR_ERR_INPUT,
                "signals %s and %s have different rates, which do not fit into one table; choose "
                "one with --signal",
                signal_of(frames, 0)->name, signal_of(frames, i)->name);

    size_t chunk = CHUNK_VALUES / (frames->frame_samples + 1) + 1;
    _cleanup_free_ int32_t *values = calloc(chunk * frames->frame_samples + 1, sizeof *values);
    if (!values)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu frames", chunk);
    put_head(frames, file);
    for (int64_t end = first + count; first < end; first += (int64_t)chunk) {
        size_t part = end - first < (int64_t)chunk ? (size_t)(end - first) : chunk;
        int r = vr_frames_read(frames, first, part, values, err);
        if (r < 0)
            return r;
        put_rows(frames, values, first, part, file);
    }
    return 0;
}
