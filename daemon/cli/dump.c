/* Samples and annotations as text. */
#include "cli/dump.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/rate.h"
#include "report/plain.h"

#define CHUNK_SAMPLES 65536 /* of one signal, read at once */
#define RDSAMP_INVALID (-32768)

/* The signals of a dump, read chunk by chunk. */
struct chunk {
    const struct vr_dump *dump;
    size_t first_signal, signal_count;
    uint32_t *samples_per_frame; /* of each */
    int32_t **values;            /* of each: frame_count * samples_per_frame */
    int64_t frame_max;           /* frames a chunk */
};

static void chunk_finish(struct chunk *chunk)
{
    for (size_t i = 0; chunk->values && i < chunk->signal_count; i++)
        free(chunk->values[i]);
    free(chunk->values);
    free(chunk->samples_per_frame);
}

static int no_memory(const struct vr_record *record, struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "record %s: no memory to print it", record->name);
}

/* How many samples of a signal fall on one tick of the record. */
static int find_samples_per_frame(
    const struct vr_record *record, const struct vr_signal *signal, uint32_t *ret_count,
    struct vr_err *err)
{
    uint64_t over = (uint64_t)signal->rate_num * record->rate_den;
    uint64_t under = (uint64_t)signal->rate_den * record->rate_num;
    if (over % under != 0 || over / under == 0 || over / under > CHUNK_SAMPLES)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: the rate of signal %s is no multiple of the record's; print it alone, with "
            "--format csv --signal",
            record->name, signal->name);
    *ret_count = (uint32_t)(over / under);
    return 0;
}

static int chunk_init(struct chunk *chunk, const struct vr_dump *dump, struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(dump->dataset);
    bool is_all = dump->signal == VR_DUMP_ALL;
    uint32_t largest = 1;

    chunk->dump = dump;
    chunk->first_signal = is_all ? 0 : dump->signal;
    chunk->signal_count = is_all ? record->signal_count : 1;
    chunk->samples_per_frame = calloc(chunk->signal_count + 1, sizeof *chunk->samples_per_frame);
    chunk->values = calloc(chunk->signal_count + 1, sizeof *chunk->values);
    if (!chunk->samples_per_frame || !chunk->values)
        return no_memory(record, err);
    for (size_t i = 0; i < chunk->signal_count; i++) {
        const struct vr_signal *signal = &record->signals[chunk->first_signal + i];
        int r = find_samples_per_frame(record, signal, &chunk->samples_per_frame[i], err);
        if (r < 0)
            return r;
        if (chunk->samples_per_frame[i] > largest)
            largest = chunk->samples_per_frame[i];
    }
    chunk->frame_max = CHUNK_SAMPLES / largest;
    for (size_t i = 0; i < chunk->signal_count; i++) {
        size_t count = (size_t)chunk->frame_max * chunk->samples_per_frame[i];
        chunk->values[i] = malloc(count * sizeof *chunk->values[i]);
        if (!chunk->values[i])
            return no_memory(record, err);
    }
    return 0;
}

static int chunk_read(struct chunk *chunk, int64_t first, int64_t count, struct vr_err *err)
{
    for (size_t i = 0; i < chunk->signal_count; i++) {
        uint32_t factor = chunk->samples_per_frame[i];
        int r = vr_dataset_read(
            chunk->dump->dataset, chunk->first_signal + i, first * factor, (size_t)count * factor,
            chunk->values[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* floor((sum + n/2) / n), also below 0; any invalid sample makes the frame's value invalid. */
static int64_t frame_value(const int32_t *samples, uint32_t count)
{
    int64_t sum = count / 2;
    for (uint32_t i = 0; i < count; i++) {
        if (samples[i] == VR_SAMPLE_INVALID)
            return RDSAMP_INVALID;
        sum += samples[i];
    }
    return sum / count - (sum % count < 0);
}

int vr_dump_rdsamp(const struct vr_dump *dump, FILE *out, struct vr_err *err)
{
    _cleanup_(chunk_finish) struct chunk chunk = {0};
    int r = chunk_init(&chunk, dump, err);
    if (r < 0)
        return r;
    int64_t end = dump->first_frame + dump->frame_count;
    for (int64_t first = dump->first_frame; first < end; first += chunk.frame_max) {
        int64_t count = end - first < chunk.frame_max ? end - first : chunk.frame_max;
        r = chunk_read(&chunk, first, count, err);
        if (r < 0)
            return r;
        for (int64_t frame = 0; frame < count; frame++) {
            fprintf(out, "%15" PRId64, first + frame);
            for (size_t i = 0; i < chunk.signal_count; i++) {
                uint32_t factor = chunk.samples_per_frame[i];
                fprintf(out, "\t%7" PRId64, frame_value(chunk.values[i] + frame * factor, factor));
            }
            putc('\n', out);
        }
    }
    return 0;
}

static void put_csv_text(const char *text, FILE *out)
{
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void put_csv_head(const struct chunk *chunk, FILE *out)
{
    const struct vr_record *record = vr_dataset_record(chunk->dump->dataset);
    char name[VR_NAME_SIZE + VR_UNIT_SIZE + 8];

    fputs("sample,time_s", out);
    for (size_t i = 0; i < chunk->signal_count; i++) {
        const struct vr_signal *signal = &record->signals[chunk->first_signal + i];
        snprintf(
            name, sizeof name, "%s[%s]", signal->name, signal->gain != 0 ? signal->unit : "LSB");
        putc(',', out);
        put_csv_text(name, out);
    }
    fputs("\r\n", out);
}

static void put_csv_value(const struct vr_signal *signal, int32_t value, FILE *out)
{
    putc(',', out);
    if (value == VR_SAMPLE_INVALID)
        return;
    if (signal->gain == 0)
        fprintf(out, "%" PRId32, value);
    else
        fprintf(out, "%.10g", ((double)value - signal->baseline) / signal->gain);
}

int vr_dump_csv(const struct vr_dump *dump, FILE *out, struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(dump->dataset);
    _cleanup_(chunk_finish) struct chunk chunk = {0};
    int r = chunk_init(&chunk, dump, err);
    if (r < 0)
        return r;
    uint32_t factor =
        chunk.samples_per_frame[0]; /* one more than there are signals: never absent */
    for (size_t i = 1; i < chunk.signal_count; i++)
        if (chunk.samples_per_frame[i] != factor)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "record %s: its signals have different rates, which do not fit into one table; "
                "choose one with --signal",
                record->name);

    put_csv_head(&chunk, out);
    double rate_hz = (double)record->rate_num / record->rate_den * factor;
    int64_t end = dump->first_frame + dump->frame_count;
    for (int64_t first = dump->first_frame; first < end; first += chunk.frame_max) {
        int64_t count = end - first < chunk.frame_max ? end - first : chunk.frame_max;
        r = chunk_read(&chunk, first, count, err);
        if (r < 0)
            return r;
        for (int64_t n = 0; n < count * factor; n++) {
            int64_t sample = first * factor + n;
            fprintf(out, "%" PRId64 ",%.6f", sample, (double)sample / rate_hz);
            for (size_t i = 0; i < chunk.signal_count; i++)
                put_csv_value(&record->signals[chunk.first_signal + i], chunk.values[i][n], out);
            fputs("\r\n", out);
        }
    }
    return 0;
}

const char *vr_dump_time(const struct vr_record *record, int64_t tick, char *buffer)
{
    int64_t ms;
    if (!vr_rate_convert(
            tick, (struct vr_rate){record->rate_num, record->rate_den}, (struct vr_rate){1000, 1},
            &ms)) {
        snprintf(buffer, VR_DUMP_TIME_SIZE, "?");
        return buffer;
    }
    int64_t hours = ms / 3600000, minutes = ms / 60000 % 60, seconds = ms / 1000 % 60;
    if (hours > 0)
        snprintf(
            buffer, VR_DUMP_TIME_SIZE, "%" PRId64 ":%02d:%02d.%03d", hours, (int)minutes,
            (int)seconds, (int)(ms % 1000));
    else
        snprintf(
            buffer, VR_DUMP_TIME_SIZE, "%d:%02d.%03d", (int)minutes, (int)seconds,
            (int)(ms % 1000));
    return buffer;
}

static const char *mnemonic(uint8_t code, char buffer[8])
{
    switch (code) {
#define X(number, name, mnemonic, class, text) \
    case number: \
        return mnemonic;
#include "schema/annotations.def"
#undef X
    default:
        snprintf(buffer, 8, "[%d]", code);
        return buffer;
    }
}

int vr_dump_rdann(const struct vr_dump *dump, const char *annotator, FILE *out, struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(dump->dataset);
    _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
    int r = vr_dataset_truth(dump->dataset, annotator, &list, err);
    if (r < 0)
        return r;
    int64_t end = dump->first_frame + dump->frame_count;
    for (size_t i = 0; i < list.count; i++) {
        const struct vr_annotation *item = &list.items[i];
        char time[VR_DUMP_TIME_SIZE], code[8];
        if (item->sample_index < dump->first_frame || (!dump->to_end && item->sample_index >= end))
            continue;
        fprintf(
            out, "%12s  %7" PRId64 " %5s %4d %4d %4d",
            vr_dump_time(record, item->sample_index, time), item->sample_index,
            mnemonic(item->code, code), item->subtype, item->channel, item->number);
        if (item->text) {
            putc('\t', out);
            vr_plain_put(item->text, out);
        }
        putc('\n', out);
    }
    return 0;
}
