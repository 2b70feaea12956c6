/* One .dat file for all signals, in frames. */
#include "dataset/wfdb_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/draft.h"
#include "dataset/folder.h"
#include "dataset/frames.h"
#include "dataset/rate.h"
#include "dataset/wfdb_annotation.h"
#include "dataset/wfdb_format.h"

#define CHUNK_FRAMES 240 /* a multiple of every pack, so that packs never cross chunks */

struct writer {
    struct vr_dataset *source;
    const struct vr_record *record;
    const char *folder;
    const char *name;
    const struct vr_wfdb_format *format;
    int64_t frame_count;
    struct vr_frames frames;
    uint16_t checksums[VR_SIGNALS_MAX];
    int32_t initial[VR_SIGNALS_MAX];
};

static int draft_open(
    struct vr_draft *draft, const struct writer *writer, const char *suffix, struct vr_err *err)
{
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%s/%s.%s", writer->folder, writer->name, suffix) < 0) {
        path = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to write it", writer->name);
    }
    return vr_draft_open(draft, path, err);
}

/* Check a chunk of frames and count its checksums. */
static int values_check(
    struct writer *writer, int64_t first, size_t count, const int32_t *values, struct vr_err *err)
{
    const struct vr_wfdb_format *format = writer->format;
    for (size_t frame = 0; frame < count; frame++) {
        for (size_t i = 0; i < writer->frames.signal_count; i++) {
            for (uint32_t j = 0; j < writer->frames.samples_per_frame[i]; j++) {
                int32_t value = *values++;
                if (value == VR_SAMPLE_INVALID)
                    value = format->min - 1;
                else if (value < format->min || value > format->max)
                    return vr_err_set(
                        err, VR_ERR_INPUT,
                        "record %s, signal %zu, frame %" PRId64 ": the value %" PRId32
                        " does not fit format %d (%" PRId32 "..%" PRId32 "); take another format",
                        writer->record->name, i, first + (int64_t)frame, value, format->format,
                        format->min, format->max);
                if (first + (int64_t)frame == 0 && j == 0)
                    writer->initial[i] = value;
                writer->checksums[i] = (uint16_t)(writer->checksums[i] + (uint32_t)value);
            }
        }
    }
    return 0;
}

static int samples_write(struct writer *writer, FILE *file, struct vr_err *err)
{
    size_t value_count = CHUNK_FRAMES * writer->frames.frame_samples;
    const struct vr_wfdb_format *format = writer->format;
    /* Room for a last pack that is not full. */
    _cleanup_free_ int32_t *values = calloc(value_count + VR_WFDB_PACK_MAX, sizeof *values);
    _cleanup_free_ uint8_t *bytes = calloc(value_count + VR_WFDB_PACK_MAX, 4);
    if (!values || !bytes)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to write it", writer->name);
    for (int64_t first = 0; first < writer->frame_count; first += CHUNK_FRAMES) {
        int64_t left = writer->frame_count - first;
        size_t count = left < CHUNK_FRAMES ? (size_t)left : CHUNK_FRAMES;
        int r = vr_frames_read(&writer->frames, first, count, values, err);
        if (r == 0)
            r = values_check(writer, first, count, values, err);
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

static int header_write(const struct writer *writer, FILE *file, struct vr_err *err)
{
    const struct vr_record *record = writer->record;
    struct vr_rate rate = {record->rate_num, record->rate_den}, read_back;
    char text[40];
    snprintf(text, sizeof text, "%.12g", (double)rate.num / rate.den);
    if (!vr_rate_parse(text, strlen(text), &read_back) || read_back.num != rate.num ||
        read_back.den != rate.den)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: its rate %" PRIu32 "/%" PRIu32 " Hz has no decimal that a header can hold",
            record->name, rate.num, rate.den);
    fprintf(
        file, "%s %zu %s %" PRId64 "\n", writer->name, record->signal_count, text,
        writer->frame_count);
    for (size_t i = 0; i < record->signal_count; i++) {
        const struct vr_signal *signal = &record->signals[i];
        fprintf(file, "%s.dat %d", writer->name, writer->format->format);
        if (writer->frames.samples_per_frame[i] > 1)
            fprintf(file, "x%" PRIu32, writer->frames.samples_per_frame[i]);
        fputc(' ', file);
        real_print(file, signal->gain);
        fprintf(
            file, "(%" PRId32 ")/%s %d 0 %" PRId32 " %d 0 %s\n", signal->baseline, signal->unit,
            writer->format->bits, writer->initial[i], (int16_t)writer->checksums[i], signal->name);
    }
    return 0;
}

static int annotations_write(const struct writer *writer, const char *annotator, struct vr_err *err)
{
    _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
    int r = vr_dataset_truth(writer->source, annotator, &list, err);
    if (r < 0)
        return r;
    struct vr_annotations part = list; /* borrows the items before the end */
    for (part.count = 0; part.count < list.count; part.count++)
        if (list.items[part.count].sample_index >= writer->frame_count)
            break;
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%s/%s.%s", writer->folder, writer->name, annotator) < 0) {
        path = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to write it", writer->name);
    }
    return vr_wfdb_annotation_write(path, &part, err);
}

static int writer_init(
    struct writer *writer, struct vr_dataset *source, const char *folder, const char *name,
    int format, int64_t frame_count, struct vr_err *err)
{
    *writer = (struct writer){
        .source = source,
        .record = vr_dataset_record(source),
        .folder = folder,
        .name = name,
        .format = vr_wfdb_format_find(format),
        .frame_count = frame_count,
    };
    char formats[64];
    vr_wfdb_format_list(formats, sizeof formats);
    const char *fault = strchr(name, '/') ? "names a folder" : vr_folder_name_fault(name);
    if (fault || strpbrk(name, " \t") || strlen(name) >= VR_NAME_SIZE)
        return vr_err_set(
            err, VR_ERR_INPUT, "the record name \"%.60s\" %s; take letters, digits, _ and -", name,
            fault ? fault : "has blanks or is too long");
    if (!writer->format)
        return vr_err_set(
            err, VR_ERR_INPUT, "signal format %d is not supported (these are: %s)", format,
            formats);
    if (frame_count < 1 || frame_count > writer->record->frame_count)
        return vr_err_set(
            err, VR_ERR_INPUT, "record %s has %" PRId64 " frames; %" PRId64 " were asked for",
            writer->record->name, writer->record->frame_count, frame_count);
    return vr_frames_init_all(&writer->frames, source, err);
}

int vr_wfdb_record_write(
    struct vr_dataset *source, const char *folder, const char *name, int format,
    int64_t frame_count, const char *annotator, struct vr_err *err)
{
    struct writer writer;
    int r = writer_init(&writer, source, folder, name, format, frame_count, err);
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
    if (r == 0 && annotator)
        r = annotations_write(&writer, annotator, err);
    if (r == 0)
        r = vr_draft_commit(&samples, err);
    return r < 0 ? r : vr_draft_commit(&header, err);
}
