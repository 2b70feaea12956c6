/* One .dat file for all signals, in frames. */
#include "dataset/wfdb_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/annotation_rate.h"
#include "dataset/draft.h"
#include "dataset/folder.h"
#include "dataset/frames.h"
#include "dataset/rate.h"
#include "dataset/wfdb_annotation.h"
#include "dataset/wfdb_format.h"
#include "dataset/wfdb_header.h"

#define CHUNK_VALUES 65536
#define ZERO_SHIFT_TOLD 1e-6 /* LSB */
#define PACKS_WHOLE 12 /* so many frames hold whole packs of every format, whatever a frame holds */

struct writer {
    struct vr_dataset *source;
    const struct vr_record *record;
    const struct vr_wfdb_copy *copy;
    const struct vr_wfdb_format *format;
    struct vr_frames frames;
    uint16_t checksums[VR_SIGNALS_MAX];
    int32_t baselines[VR_SIGNALS_MAX];
    double zero_shifts[VR_SIGNALS_MAX]; /* LSB from the source's zero to its baseline */
    int32_t initial[VR_SIGNALS_MAX];
    int32_t last[VR_SIGNALS_MAX]; /* the value that the next difference starts from */
};

static int value_refuse(
    const struct writer *writer, size_t signal, int64_t frame, int32_t value, struct vr_err *err)
{
    const struct vr_wfdb_format *format = writer->format;
    if (format->coding != VR_WFDB_CODING_DIFFERENCES)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s, signal %zu, frame %" PRId64 ": the value %" PRId32
            " does not fit format %d (%" PRId32 "..%" PRId32 "); take another format",
            writer->record->name, signal, frame, value, format->format, format->min, format->max);
    return vr_err_set(
        err, VR_ERR_INPUT,
        "record %s, signal %zu, frame %" PRId64
        ": format %d holds neither steps beyond -128..127 nor missing samples; take another format",
        writer->record->name, signal, frame, format->format);
}

/* Check a sample, count its checksum, and make it what the format stores. */
static bool value_prepare(struct writer *writer, size_t signal, bool first, int32_t *value)
{
    const struct vr_wfdb_format *format = writer->format;
    bool invalid = *value == VR_SAMPLE_INVALID;
    bool steps = format->coding == VR_WFDB_CODING_DIFFERENCES;
    int32_t code = invalid && !steps ? format->min - 1 : *value;
    if (invalid ? steps : code < format->min || code > format->max)
        return false;
    if (first)
        writer->initial[signal] = writer->last[signal] = code;
    writer->checksums[signal] = (uint16_t)(writer->checksums[signal] + (uint32_t)code);
    if (!steps)
        return true;
    int64_t step = (int64_t)code - writer->last[signal];
    writer->last[signal] = code;
    *value = (int32_t)step;
    return step >= INT8_MIN && step <= INT8_MAX;
}

static int values_prepare(
    struct writer *writer, int64_t first, size_t count, int32_t *values, struct vr_err *err)
{
    for (size_t frame = 0; frame < count; frame++)
        for (size_t i = 0; i < writer->record->signal_count; i++)
            for (uint32_t j = 0; j < writer->frames.samples_per_frame[i]; j++, values++) {
                int64_t number = first + (int64_t)frame;
                int32_t value = *values;
                if (!value_prepare(writer, i, number == 0 && j == 0, values))
                    return value_refuse(writer, i, number, value, err);
            }
    return 0;
}

/* Frames of a chunk: whole packs, and enough values to be quick. */
static size_t chunk_frames(const struct writer *writer)
{
    return (CHUNK_VALUES / (PACKS_WHOLE * (writer->frames.frame_samples + 1)) + 1) * PACKS_WHOLE;
}

static int samples_write(struct writer *writer, FILE *file, struct vr_err *err)
{
    const struct vr_wfdb_format *format = writer->format;
    size_t chunk = chunk_frames(writer);
    size_t value_count = chunk * writer->frames.frame_samples + VR_WFDB_PACK_MAX; /* a last pack */
    _cleanup_free_ int32_t *values = calloc(value_count, sizeof *values);
    _cleanup_free_ uint8_t *bytes = calloc(value_count, sizeof *values);
    if (!values || !bytes)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to write it", writer->copy->name);
    for (int64_t first = 0; first < writer->frames.frame_count; first += (int64_t)chunk) {
        int64_t left = writer->frames.frame_count - first;
        size_t count = left < (int64_t)chunk ? (size_t)left : chunk;
        int r = vr_frames_read(&writer->frames, first, count, values, err);
        if (r == 0)
            r = values_prepare(writer, first, count, values, err);
        if (r < 0)
            return r;
        size_t sample_count = count * writer->frames.frame_samples;
        memset(values + sample_count, 0, VR_WFDB_PACK_MAX * sizeof *values);
        format->encode(
            values, (sample_count + format->pack_samples - 1) / format->pack_samples, bytes);
        fwrite(bytes, 1, (size_t)vr_wfdb_format_size(format, (int64_t)sample_count), file);
    }
    return 0;
}

/* Widen the range to that of a signal's values. */
static int range_add(
    const struct writer *writer, size_t signal, int32_t *min, int32_t *max, struct vr_err *err)
{
    _cleanup_free_ int32_t *values = calloc(CHUNK_VALUES, sizeof *values);
    if (!values)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to write it", writer->copy->name);
    int64_t end = writer->frames.frame_count * writer->frames.samples_per_frame[signal];
    for (int64_t first = 0; first < end; first += CHUNK_VALUES) {
        size_t count = end - first < CHUNK_VALUES ? (size_t)(end - first) : CHUNK_VALUES;
        int r = vr_frames_read_signal(&writer->frames, signal, first, count, values, err);
        if (r < 0)
            return r;
        for (size_t i = 0; i < count; i++) {
            if (values[i] == VR_SAMPLE_INVALID)
                continue;
            *min = values[i] < *min ? values[i] : *min;
            *max = values[i] > *max ? values[i] : *max;
        }
    }
    return 0;
}

static int format_choose(struct writer *writer, struct vr_err *err)
{
    static const int smallest_first[] = {16, 24, 32};
    int32_t min = 0, max = 0;
    for (size_t i = 0; i < writer->record->signal_count; i++) {
        int r = range_add(writer, i, &min, &max, err);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < sizeof smallest_first / sizeof smallest_first[0]; i++) {
        writer->format = vr_wfdb_format_find(smallest_first[i]);
        if (writer->format->min <= min && writer->format->max >= max)
            break;
    }
    return 0;
}

/* The shortest decimal that reads back as the same double. */
static void real_print(FILE *file, double value)
{
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, file);
}

/* Text with `other` for what would end the field, or the line. */
static void text_print(FILE *file, const char *text, const char *separators, char other)
{
    for (; *text; text++) {
        bool ends = (unsigned char)*text < ' ' || *text == 0x7f || strchr(separators, *text);
        fputc(ends ? other : *text, file);
    }
}

static void signal_line_write(const struct writer *writer, size_t index, FILE *file)
{
    const struct vr_signal *signal = &writer->record->signals[index];
    const struct vr_wfdb_format *format = writer->format;
    int resolution_bits = format->coding == VR_WFDB_CODING_DIFFERENCES ? 0 : format->bits;
    fprintf(file, "%s.dat %d", writer->copy->name, format->format);
    if (writer->frames.samples_per_frame[index] > 1)
        fprintf(file, "x%" PRIu32, writer->frames.samples_per_frame[index]);
    fputc(' ', file);
    real_print(file, signal->gain);
    fprintf(file, "(%" PRId32 ")/", writer->baselines[index]);
    text_print(file, signal->unit[0] ? signal->unit : "NU", " ", '_'); /* no unit would be mV */
    fprintf(
        file, " %d 0 %" PRId32 " %d 0 ", resolution_bits, writer->initial[index],
        (int16_t)writer->checksums[index]);
    text_print(file, signal->name, "", ' ');
    fputc('\n', file);
}

/* Lines of the caller, then what the copy changed. */
static void infos_write(const struct writer *writer, FILE *file)
{
    for (size_t i = 0; i < writer->copy->info_count; i++) {
        fputc('#', file);
        text_print(file, writer->copy->infos[i], "", ' ');
        fputc('\n', file);
    }
    for (size_t i = 0; i < writer->record->signal_count; i++)
        if (fabs(writer->zero_shifts[i]) > ZERO_SHIFT_TOLD)
            fprintf(
                file, "#the baseline of signal %zu is %.3g LSB above its physical zero\n", i,
                writer->zero_shifts[i]);
}

static int header_write(const struct writer *writer, FILE *file, struct vr_err *err)
{
    const struct vr_wfdb_copy *copy = writer->copy;
    char rate[40];
    if (!vr_rate_print(writer->frames.rate, rate, sizeof rate))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: its rate %" PRIu32 "/%" PRIu32 " Hz has no decimal that a header can hold",
            writer->record->name, writer->frames.rate.num, writer->frames.rate.den);
    fprintf(
        file, "%s %zu %s %" PRId64, copy->name, writer->record->signal_count, rate,
        writer->frames.frame_count);
    if (copy->start && copy->start[0]) {
        fputc(' ', file);
        text_print(file, copy->start, "", ' ');
    }
    fputc('\n', file);
    for (size_t i = 0; i < writer->record->signal_count; i++)
        signal_line_write(writer, i, file);
    infos_write(writer, file);
    return 0;
}

static int draft_open(
    struct vr_draft *draft, const struct writer *writer, const char *suffix, struct vr_err *err)
{
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%s/%s.%s", writer->copy->folder, writer->copy->name, suffix) < 0) {
        path = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to write it", writer->copy->name);
    }
    return vr_draft_open(draft, path, err);
}

/* Annotations before the end, in the ticks that the source has them in. */
static int annotations_write(const struct writer *writer, const char *annotator, struct vr_err *err)
{
    _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
    int64_t end = writer->copy->tick_count;
    int r = vr_dataset_truth(writer->source, annotator, &list, err);
    if (r < 0)
        return r;
    struct vr_rate record_ticks = {writer->record->rate_num, writer->record->rate_den};
    struct vr_rate ticks = vr_annotations_rate(&list, writer->record);
    if (!vr_rate_convert(end, record_ticks, ticks, &end))
        end = 0;
    struct vr_annotations part = list; /* borrows the items before the end */
    for (part.count = 0; part.count < list.count; part.count++)
        if (end > 0 && list.items[part.count].sample_index >= end)
            break;
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%s/%s.%s", writer->copy->folder, writer->copy->name, annotator) < 0) {
        path = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to write it", writer->copy->name);
    }
    bool same = ticks.num == writer->frames.rate.num && ticks.den == writer->frames.rate.den;
    return vr_wfdb_annotation_write(path, &part, same ? NULL : &ticks, err);
}

static int name_check(const char *name, struct vr_err *err)
{
    const char *fault = strchr(name, '/') ? "names a folder" : vr_folder_name_fault(name);
    if (!fault && !strpbrk(name, " \t") && strlen(name) < VR_NAME_SIZE)
        return 0;
    return vr_err_set(
        err, VR_ERR_INPUT, "the record name \"%.60s\" %s; take letters, digits, _ and -", name,
        fault ? fault : "has blanks or is too long");
}

/* Where the physical zero of each signal is, in whole LSB: a header holds no other. */
static int baselines_plan(struct writer *writer, struct vr_err *err)
{
    for (size_t i = 0; i < writer->record->signal_count; i++) {
        const struct vr_signal *signal = &writer->record->signals[i];
        double zero = signal->baseline - signal->offset * signal->gain;
        double whole = floor(zero + 0.5);
        if (!(whole >= INT32_MIN && whole <= INT32_MAX))
            return vr_err_set(
                err, VR_ERR_INPUT,
                "record %s: the physical zero of signal %zu (%.40s) is at %g, beyond what a header "
                "can hold",
                writer->record->name, i, signal->name, zero);
        writer->baselines[i] = (int32_t)whole;
        writer->zero_shifts[i] = whole - zero;
    }
    return 0;
}

/* The longest frame that fits a whole number of times into a tick, and holds whole numbers of samples of each signal. */
static int frames_plan(struct writer *writer, struct vr_err *err)
{
    const struct vr_record *record = writer->record;
    struct vr_rate rate = {record->rate_num, record->rate_den};
    for (size_t i = 0; i < record->signal_count; i++) {
        struct vr_rate own = {record->signals[i].rate_num, record->signals[i].rate_den};
        if (!vr_rate_common(rate, own, &rate))
            return vr_err_set(
                err, VR_ERR_INPUT,
                "record %s: the rate of signal %zu (%.40s) has no frame in common with the others",
                record->name, i, record->signals[i].name);
    }
    return vr_frames_init_rate(&writer->frames, writer->source, 0, record->signal_count, rate, err);
}

/* Frames that hold the ticks asked for. */
static int length_plan(struct writer *writer, struct vr_err *err)
{
    const struct vr_record *record = writer->record;
    int64_t asked = writer->copy->tick_count, frames;
    struct vr_rate ticks = {record->rate_num, record->rate_den};
    if (asked < 0 || asked > record->frame_count)
        return vr_err_set(
            err, VR_ERR_INPUT, "record %s has %" PRId64 " frames; %" PRId64 " were asked for",
            record->name, record->frame_count, asked);
    if (asked == 0 && record->signal_count > 0)
        return 0;
    if (!vr_rate_convert(asked ? asked : record->frame_count, ticks, writer->frames.rate, &frames))
        return vr_err_set(err, VR_ERR_INPUT, "record %s is too long", record->name);
    writer->frames.frame_count = frames;
    return 0;
}

static int writer_init(
    struct writer *writer, struct vr_dataset *source, const struct vr_wfdb_copy *copy,
    struct vr_err *err)
{
    *writer = (struct writer){
        .source = source,
        .record = vr_dataset_record(source),
        .copy = copy,
        .format = vr_wfdb_format_find(copy->format),
    };
    char formats[64];
    vr_wfdb_format_list(true, formats, sizeof formats);
    int r = name_check(copy->name, err);
    if (r == 0 && copy->format && (!writer->format || !writer->format->encode))
        r = vr_err_set(
            err, VR_ERR_INPUT, "signal format %d cannot be written (these can: %s)", copy->format,
            formats);
    if (r == 0)
        r = baselines_plan(writer, err);
    if (r == 0)
        r = frames_plan(writer, err);
    if (r == 0)
        r = length_plan(writer, err);
    return r == 0 && copy->format == 0 ? format_choose(writer, err) : r;
}

int vr_wfdb_record_write(
    struct vr_dataset *source, const struct vr_wfdb_copy *copy, struct vr_err *err)
{
    struct writer writer;
    int r = writer_init(&writer, source, copy, err);
    if (r < 0)
        return r;
    _cleanup_(vr_draft_close) struct vr_draft samples = {0};
    _cleanup_(vr_draft_close) struct vr_draft header = {0};
    r = draft_open(&samples, &writer, "dat", err);
    if (r == 0)
        r = samples_write(&writer, samples.file, err);
    if (r == 0)
        r = draft_open(&header, &writer, "hea", err);
    if (r == 0)
        r = header_write(&writer, header.file, err);
    for (size_t i = 0; i < copy->annotator_count && r == 0; i++)
        r = annotations_write(&writer, copy->annotators[i], err);
    if (r == 0)
        r = vr_draft_commit(&samples, err);
    return r < 0 ? r : vr_draft_commit(&header, err);
}
