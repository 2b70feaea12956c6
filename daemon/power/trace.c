/* A recorded trace (power/trace_file.h) in the place of a meter: what was measured elsewhere, or long ago, goes down the same line.
 *
 * What read hands on are records of one shape, whatever the file is: u8 kind, then of a sample f32 value in SI units, f32 V, u8 lines;
 * of a loss u64 count and a zero; numbers in this machine's own order. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "power/power.h"
#include "power/sample_rate.h"
#include "power/trace_file.h"
#include "power/value_batch.h"

#define RECORD_SIZE 10

enum { RECORD_SAMPLE, RECORD_MISSING };

/* --- the instrument --------------------------------------------------------------------------- */

struct trace {
    char path[512];
    char columns[256];
    struct vr_trace_options options;
    struct vr_trace_file *file;
    double unit;
    bool is_read, is_ended; /* samples were taken from it; there are no more */
    struct vr_trace_block block;
    size_t at; /* next sample of the block */
};

static int trace_check(const struct vr_power_config *config, struct vr_err *err)
{
    struct trace trace;
    if (config->powers_device)
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: a trace switches no supply; leave \"powers_device\" out",
            config->name);
    if (!config->path || !config->path[0])
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: \"path\" must name the recorded trace", config->name);
    if (strlen(config->path) >= sizeof trace.path ||
        (config->columns && strlen(config->columns) >= sizeof trace.columns))
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: \"path\" or \"columns\" is too long", config->name);
    return 0;
}

static int open_file(struct trace *trace, struct vr_trace_info *ret_info, struct vr_err *err)
{
    int r = vr_trace_file_open(trace->path, &trace->options, &trace->file, ret_info, err);
    if (r == 0)
        trace->unit = ret_info->unit;
    return r;
}

static void trace_close(void *state)
{
    struct trace *trace = state;
    vr_trace_file_close(trace->file);
    trace->file = NULL;
}

static int trace_open(
    void *state, const struct vr_power_config *config, struct vr_power_info *ret_info,
    struct vr_err *err)
{
    struct trace *trace = state;
    struct vr_trace_info info;
    snprintf(trace->path, sizeof trace->path, "%s", config->path);
    snprintf(trace->columns, sizeof trace->columns, "%s", config->columns ? config->columns : "");
    trace->options = (struct vr_trace_options){
        .columns = trace->columns,
        .scale = config->scale,
        .rate_hz = config->rate_hz,
    };
    int r = open_file(trace, &info, err);
    if (r < 0)
        return r;
    if (!vr_sample_rate(info.rate_hz, &ret_info->rate_num, &ret_info->rate_den)) {
        trace_close(trace);
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: %g samples a second cannot be kept as a fraction", trace->path,
            info.rate_hz);
    }
    snprintf(ret_info->instrument, sizeof ret_info->instrument, "recorded trace (%s)", info.format);
    ret_info->quantity = info.quantity;
    ret_info->is_integrating = info.quantity == VR_POWER_ENERGY;
    ret_info->has_volts = info.has_volts;
    ret_info->has_lines = info.has_lines;
    ret_info->supply_v = config->supply_v > 0 ? config->supply_v : (double)NAN;
    ret_info->scale.gain_err[0] = (double)NAN;
    snprintf(ret_info->settings, sizeof ret_info->settings, "%.150s, %s", trace->path, info.losses);
    return 0;
}

/* From the first sample again. */
static int trace_start(void *state, struct vr_err *err)
{
    struct trace *trace = state;
    struct vr_trace_info info;
    int r = 0;
    if (trace->is_read) {
        trace_close(trace);
        r = open_file(trace, &info, err);
    }
    trace->is_read = trace->is_ended = false;
    trace->block.count = trace->at = 0;
    trace->block.missing = 0;
    return r;
}

static size_t put_missing(uint8_t *record, int64_t count)
{
    record[0] = RECORD_MISSING;
    memcpy(record + 1, &count, sizeof count);
    record[9] = 0;
    return RECORD_SIZE;
}

static size_t put_sample(const struct trace *trace, uint8_t *record)
{
    double exact = trace->block.values[trace->at] * trace->unit;
    float value = fabs(exact) <= (double)FLT_MAX ? (float)exact : NAN;
    record[0] = RECORD_SAMPLE;
    memcpy(record + 1, &value, sizeof value);
    memcpy(record + 5, &trace->block.volts[trace->at], sizeof(float));
    record[9] = trace->block.lines[trace->at];
    return RECORD_SIZE;
}

static int trace_read(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    struct trace *trace = state;
    *ret_size = 0;
    if (!trace->is_ended && trace->at == trace->block.count) {
        int r = vr_trace_file_read(trace->file, &trace->block, err);
        trace->is_read = true;
        trace->at = 0;
        trace->is_ended = r < 0 || (trace->block.count == 0 && trace->block.missing == 0);
        if (r < 0)
            return r;
    }
    if (trace->is_ended)
        return vr_err_set(err, VR_ERR_EMPTY, "%s: ends here", trace->path);
    if (trace->block.missing > 0 && capacity >= RECORD_SIZE) {
        *ret_size = put_missing(buffer, trace->block.missing);
        trace->block.missing = 0;
    }
    for (; trace->at < trace->block.count && capacity - *ret_size >= RECORD_SIZE; trace->at++)
        *ret_size += put_sample(trace, buffer + *ret_size);
    return 0;
}

static size_t trace_poll_fds(void *state, struct pollfd *fds, size_t capacity)
{
    (void)state, (void)fds, (void)capacity; /* always ready */
    return 0;
}

static int trace_stop(void *state, struct vr_err *err)
{
    struct trace *trace = state;
    (void)err;
    trace->is_ended = true;
    return 0;
}

/* --- the decoder ------------------------------------------------------------------------------ */

struct trace_decoder {
    struct vr_value_batch batch;
    uint8_t record[RECORD_SIZE];
    size_t size;
    int64_t missing; /* values that are NaN, one behind the other, not told yet */
};

static void trace_decode_start(
    void *decoder, const struct vr_power_info *info, const struct vr_power_sink *sink)
{
    struct trace_decoder *trace = decoder;
    vr_value_batch_start(&trace->batch, info, sink);
}

static void tell_missing(struct trace_decoder *trace)
{
    int64_t count = trace->missing;
    trace->missing = 0;
    if (count > 0)
        vr_value_batch_gap(&trace->batch, VR_POWER_GAP_MARKED, count, count, count);
}

static void take(struct trace_decoder *trace)
{
    float value, volts;
    int64_t count;
    if (trace->record[0] == RECORD_MISSING) {
        memcpy(&count, trace->record + 1, sizeof count);
        tell_missing(trace);
        if (count > 0 && count <= INT32_MAX)
            vr_value_batch_gap(&trace->batch, VR_POWER_GAP_COUNTER, count, count, count);
        return;
    }
    memcpy(&value, trace->record + 1, sizeof value);
    memcpy(&volts, trace->record + 5, sizeof volts);
    if (!isfinite(value)) {
        trace->missing++;
        return;
    }
    tell_missing(trace);
    vr_value_batch_add(&trace->batch, value, volts, trace->record[9]);
}

static void trace_decode(void *decoder, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    struct trace_decoder *trace = decoder;
    (void)arrival_ns; /* says nothing of when it was measured */
    for (size_t i = 0; i < size; i++) {
        trace->record[trace->size++] = data[i];
        if (trace->size == RECORD_SIZE) {
            trace->size = 0;
            take(trace);
        }
    }
    vr_value_batch_flush(&trace->batch);
}

static void trace_decode_end(void *decoder)
{
    struct trace_decoder *trace = decoder;
    tell_missing(trace);
    vr_value_batch_flush(&trace->batch);
}

const struct vr_power_driver vr_power_trace = {
    .name = "trace",
    .summary = "a recorded trace: .ppk2, MLPerf Tiny's trace1-energy.bin, csv",
    .state_size = sizeof(struct trace),
    .decoder_size = sizeof(struct trace_decoder),
    .is_file = true,
    .check = trace_check,
    .open = trace_open,
    .start = trace_start,
    .read = trace_read,
    .poll_fds = trace_poll_fds,
    .stop = trace_stop,
    .close = trace_close,
    .decode_start = trace_decode_start,
    .decode = trace_decode,
    .decode_end = trace_decode_end,
};
