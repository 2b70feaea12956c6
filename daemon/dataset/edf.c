/* Driver "edf": a folder of EDF, EDF+, BDF and BDF+ files, each a record.  The parts know the file; this one knows which
 * file a record's name means, at what rates to count, and where truth may lie. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/dataset.h"
#include "dataset/edf_comments.h"
#include "dataset/edf_file.h"
#include "dataset/edf_folder.h"
#include "dataset/edf_truth.h"
#include "dataset/folder.h"
#include "dataset/note.h"
#include "dataset/wfdb_annotation.h"

#define BLOCK_SIZE 262144 /* bytes of the file that are kept: signals lie side by side */

#define EMBEDDED_ANNOTATOR \
    "events" /* no suffix of a signal file: an import writes it as NAME.events */

/* Ticks are those in which every sample of every signal is whole, at least 100 and at most 1,000,000 a second; without
 * signals, milliseconds. */
#define TICK_MIN_HZ 100
#define TICK_MAX_HZ 1000000
static const struct vr_rate tick_finest = {TICK_MAX_HZ, 1};
static const struct vr_rate tick_alone = {1000, 1};

struct edf {
    struct vr_record record;
    struct vr_signal *signals;
    size_t *sources; /* number of each signal in the file */
    struct vr_edf_file file;
    struct vr_edf_folder folder;
    int64_t block_offset; /* of the bytes that are kept */
    size_t block_size;
    uint8_t block[BLOCK_SIZE];
};

static void edf_close(void *state)
{
    struct edf *edf = state;
    vr_edf_file_close(&edf->file);
    free(edf->signals);
    free(edf->sources);
    vr_edf_folder_finish(&edf->folder);
    edf->signals = NULL, edf->sources = NULL;
}

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The least rate of which both are whole parts, if it is not above the finest. */
static bool tick_join(struct vr_rate *tick, struct vr_rate rate)
{
    uint64_t num = tick->num / greatest_divisor(tick->num, rate.num) * (uint64_t)rate.num;
    uint64_t den = greatest_divisor(tick->den, rate.den);
    if (num / den > TICK_MAX_HZ)
        return false;
    *tick = (struct vr_rate){(uint32_t)num, (uint32_t)den};
    return true;
}

static struct vr_rate tick_choose(const struct edf *edf, size_t signal_count)
{
    if (signal_count == 0)
        return tick_alone;
    struct vr_rate tick = {edf->signals[0].rate_num, edf->signals[0].rate_den};
    if (tick.num / tick.den > TICK_MAX_HZ)
        return tick_finest;
    for (size_t i = 1; i < signal_count; i++)
        if (!tick_join(&tick, (struct vr_rate){edf->signals[i].rate_num, edf->signals[i].rate_den}))
            return tick_finest;
    uint64_t lowest = (uint64_t)TICK_MIN_HZ * tick.den;
    if (tick.num < lowest) {
        struct vr_rate denser;
        uint32_t factor = (uint32_t)((lowest + tick.num - 1) / tick.num);
        return vr_rate_multiply(tick, factor, &denser) ? denser : tick_finest;
    }
    return tick;
}

static int signal_describe(struct edf *edf, size_t source, struct vr_signal *to, struct vr_err *err)
{
    const struct vr_edf_header *header = &edf->file.header;
    const struct vr_edf_signal *from = &header->signals[source];
    struct vr_rate rate = {0, 0};
    vr_rate_multiply(header->record_rate, (uint32_t)from->record_samples, &rate);
    memcpy(to->name, from->name, sizeof to->name);
    memcpy(to->unit, from->unit, sizeof to->unit);
    to->rate_num = rate.num;
    to->rate_den = rate.den;
    vr_edf_calibration(from, &to->gain, &to->baseline, &to->offset);
    if (!vr_edf_file_position(&edf->file, edf->file.segment_count, from, &to->sample_count))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: signal %s would end at sample %" PRId64 " or later; a record time is wrong",
            edf->file.display, from->name, VR_EDF_SAMPLES_MAX);
    return 0;
}

static int signals_describe(struct edf *edf, struct vr_err *err)
{
    const struct vr_edf_header *header = &edf->file.header;
    size_t count = 0;
    edf->signals = calloc(header->signal_count, sizeof *edf->signals);
    edf->sources = calloc(header->signal_count, sizeof *edf->sources);
    if (!edf->signals || !edf->sources)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", edf->file.display);
    for (size_t i = 0; i < header->signal_count; i++) {
        if (header->signals[i].is_annotations || header->signals[i].record_samples == 0)
            continue;
        if (count == VR_SIGNALS_MAX)
            return vr_err_set(
                err, VR_ERR_INPUT, "%s: more than %d signals; split the file", edf->file.display,
                VR_SIGNALS_MAX);
        edf->sources[count] = i;
        int r = signal_describe(edf, i, &edf->signals[count++], err);
        if (r < 0)
            return r;
    }
    if (count && header->record_count == 0)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: holds no whole record of samples", edf->file.display);
    edf->record.signals = edf->signals;
    edf->record.signal_count = count;
    return 0;
}

static void gaps_tell(struct edf *edf)
{
    const struct vr_edf_file *file = &edf->file;
    struct vr_rate rate = file->header.record_rate;
    if (file->segment_count < 2)
        return;
    double records_s =
        (double)vr_edf_file_records(file, file->segment_count - 1) * rate.den / rate.num;
    double end_s =
        (double)file->segments[file->segment_count - 1].start_ns / (double)VR_EDF_NS_PER_S +
        records_s;
    double all_s = (double)file->header.record_count * rate.den / rate.num;
    vr_note(
        edf->record.warning, "%zu gaps, %.6g s in all, without samples", file->segment_count - 1,
        end_s - all_s);
}

static int length_find(struct edf *edf, struct vr_err *err)
{
    struct vr_record *record = &edf->record;
    struct vr_rate tick = tick_choose(edf, record->signal_count);
    record->rate_num = tick.num;
    record->rate_den = tick.den;
    for (size_t i = 0; i < record->signal_count; i++) {
        const struct vr_signal *signal = &edf->signals[i];
        struct vr_rate rate = {signal->rate_num, signal->rate_den};
        int64_t end;
        if (!vr_rate_convert(signal->sample_count, rate, tick, &end))
            return vr_err_set(
                err, VR_ERR_INPUT, "%s: signal %s is too long", edf->file.display, signal->name);
        record->frame_count = end > record->frame_count ? end : record->frame_count;
    }
    if (record->signal_count == 0)
        record->frame_count = vr_edf_truth_end(&edf->file, tick);
    return 0;
}

static int parts_open(struct edf *edf, struct vr_err *err)
{
    int r = vr_edf_folder_open(&edf->folder, edf->record.name, &edf->file, err);
    if (r == 0)
        r = signals_describe(edf, err);
    if (r == 0)
        r = length_find(edf, err);
    if (r < 0)
        return r;
    memcpy(edf->record.sha256, edf->file.sha256, sizeof edf->record.sha256);
    memcpy(edf->record.warning, edf->file.header.notes, sizeof edf->record.warning);
    gaps_tell(edf);
    if (edf->file.events_fault[0])
        vr_note(edf->record.warning, "%s", edf->file.events_fault);
    return 0;
}

static int edf_open(void *state, const char *path, const char *record, struct vr_err *err)
{
    struct edf *edf = state;
    edf->file.file.fd = -1;
    if (strlen(record) >= sizeof edf->record.name)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the record name \"%.40s...\" is longer than %d bytes", path,
            record, VR_NAME_SIZE - 1);
    strcpy(edf->record.name, record);
    int r = vr_edf_folder_init(&edf->folder, path, err);
    if (r < 0)
        return r;
    r = parts_open(edf, err);
    if (r < 0)
        edf_close(edf);
    return r;
}

static const struct vr_record *edf_record(const void *state)
{
    return &((const struct edf *)state)->record;
}

/* `size` bytes of the file, at most BLOCK_SIZE; valid until the next call. */
static int bytes_find(
    struct edf *edf, int64_t offset, size_t size, const uint8_t **ret_bytes, struct vr_err *err)
{
    const struct vr_edf_file *file = &edf->file;
    int64_t after = offset - edf->block_offset;
    if (after < 0 || after + (int64_t)size > (int64_t)edf->block_size) {
        /* More than is asked for, but where records are so large that it would not be used. */
        size_t fill = file->header.record_size < BLOCK_SIZE / 2 ? BLOCK_SIZE : size;
        if ((int64_t)fill > file->file.size - offset)
            fill = (size_t)(file->file.size - offset);
        edf->block_size = 0;
        int r = vr_folder_file_read(&file->file, file->display, offset, fill, edf->block, err);
        if (r < 0)
            return r;
        edf->block_offset = offset;
        edf->block_size = fill;
        after = 0;
    }
    *ret_bytes = edf->block + after;
    return 0;
}

static void samples_decode(const uint8_t *bytes, int sample_size, size_t count, int32_t *ret_values)
{
    for (size_t i = 0; i < count; i++, bytes += sample_size)
        ret_values[i] =
            sample_size == 2
                ? (int16_t)(bytes[0] | bytes[1] << 8)
                : (int32_t)((uint32_t)bytes[0] << 8 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 24) >>
                      8;
}

/* The last segment that begins at or before a sample. */
static size_t segment_find(
    const struct vr_edf_file *file, const struct vr_edf_signal *signal, int64_t sample)
{
    size_t low = 0, high = file->segment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        int64_t position;
        if (vr_edf_file_position(file, middle, signal, &position) && position <= sample)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* A run of samples that lie side by side in the file, or of a gap; its length, or an error. */
static int run_read(
    struct edf *edf, const struct vr_edf_signal *signal, int64_t first, size_t count,
    int32_t *ret_values, size_t *ret_done, struct vr_err *err)
{
    const struct vr_edf_file *file = &edf->file;
    const struct vr_edf_header *header = &file->header;
    size_t segment = segment_find(file, signal, first);
    int64_t start = 0, next = 0;
    vr_edf_file_position(file, segment, signal, &start);
    vr_edf_file_position(file, segment + 1, signal, &next);
    int64_t record = (first - start) / signal->record_samples;
    int64_t inside = (first - start) % signal->record_samples;
    bool is_gap = record >= vr_edf_file_records(file, segment);
    int64_t run = is_gap ? next - first : signal->record_samples - inside;
    size_t done = run < (int64_t)count ? (size_t)run : count;
    *ret_done = done;
    if (is_gap) {
        for (size_t i = 0; i < done; i++)
            ret_values[i] = VR_SAMPLE_INVALID;
        return 0;
    }
    size_t sample_size = (size_t)header->sample_size;
    if (done > BLOCK_SIZE / sample_size)
        *ret_done = done = BLOCK_SIZE / sample_size;
    int64_t offset = header->header_size +
                     (file->segments[segment].first_record + record) * header->record_size +
                     signal->record_offset + inside * header->sample_size;
    const uint8_t *bytes;
    int r = bytes_find(edf, offset, done * sample_size, &bytes, err);
    if (r == 0)
        samples_decode(bytes, header->sample_size, done, ret_values);
    return r;
}

static int edf_read(
    void *state, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    struct edf *edf = state;
    const struct vr_edf_signal *source = &edf->file.header.signals[edf->sources[signal]];
    for (size_t done; count; first += (int64_t)done, ret_values += done, count -= done) {
        int r = run_read(edf, source, first, count, ret_values, &done, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- truth --- */

static int events_read(
    const struct edf *edf, const struct vr_edf_file *file, int64_t shift_ns,
    struct vr_annotations *ret_list, struct vr_err *err)
{
    const struct vr_record *record = &edf->record;
    struct vr_rate rate = {record->rate_num, record->rate_den};
    size_t outside;
    if (file->events_fault[0])
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: %s; what is left would be wrong truth", file->display,
            file->events_fault);
    if (file->event_count == 0)
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: holds no annotations", file->display);
    int r = vr_edf_truth(file, shift_ns, rate, record->frame_count, ret_list, &outside, err);
    if (r == 0 && outside == file->event_count)
        r = vr_err_set(
            err, VR_ERR_INPUT,
            "%s: all its %zu annotations lie outside of record %s (its start is %.9g s from the "
            "record's); the two do not belong together",
            file->display, outside, record->name, (double)shift_ns / (double)VR_EDF_NS_PER_S);
    return r;
}

/* From the first record of one file to that of another, by the dates of their headers. */
static int shift_find(
    const struct vr_edf_file *from, const struct vr_edf_file *to, int64_t *ret_ns,
    struct vr_err *err)
{
    double apart_s = 0;
    int64_t apart_ns = 0;
    if (from->header.has_start && to->header.has_start) {
        apart_ns = (to->header.start_s - from->header.start_s) * VR_EDF_NS_PER_S;
        apart_s = (double)(to->header.start_s - from->header.start_s);
    }
    if (__builtin_add_overflow(apart_ns, to->first_ns, ret_ns) ||
        __builtin_sub_overflow(*ret_ns, from->first_ns, ret_ns))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: starts %.9g s from %s; the two do not belong together",
            to->display, apart_s, from->display);
    return 0;
}

static int paired_read(
    struct edf *edf, const char *annotator, struct vr_annotations *ret_list, struct vr_err *err)
{
    struct vr_edf_file other;
    int64_t shift_ns;
    int r = vr_edf_folder_open_paired(&edf->folder, edf->record.name, annotator, &other, err);
    if (r < 0)
        return r;
    r = shift_find(&edf->file, &other, &shift_ns, err);
    if (r == 0)
        r = events_read(edf, &other, shift_ns, ret_list, err);
    vr_edf_file_close(&other);
    return r;
}

/* Where the file notes anything. */
static int embedded_annotators(
    const char *path, const char *record, struct vr_names *ret_names, struct vr_err *err)
{
    struct vr_edf_folder folder;
    struct vr_edf_file file;
    int r = vr_edf_folder_init(&folder, path, err);
    if (r < 0)
        return r;
    r = vr_edf_folder_open(&folder, record, &file, err);
    if (r == 0 && file.event_count)
        r = vr_names_add(ret_names, EMBEDDED_ANNOTATOR, err);
    if (r == 0)
        vr_edf_file_close(&file);
    vr_edf_folder_finish(&folder);
    return r;
}

static int edf_truth(
    void *state, const char *annotator, struct vr_annotations *ret_list, struct vr_err *err)
{
    struct edf *edf = state;
    char name[2 * VR_NAME_SIZE], display[VR_ERR_TEXT_SIZE / 2];
    if (!annotator[0] || strchr(annotator, '/') || strlen(annotator) >= VR_NAME_SIZE)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: \"%.40s\" is no name of an annotator; give " EMBEDDED_ANNOTATOR
            " for what the file itself notes, or the suffix of a file, as in atr or Hypnogram",
            edf->record.name, annotator);
    if (strcmp(annotator, EMBEDDED_ANNOTATOR) == 0)
        return events_read(edf, &edf->file, 0, ret_list, err);
    snprintf(name, sizeof name, "%s.%s", edf->record.name, annotator);
    snprintf(display, sizeof display, "%s/%s", edf->folder.path, name);
    _cleanup_free_ uint8_t *bytes = NULL;
    size_t size;
    int r = vr_folder_load_file(
        edf->folder.fd, edf->folder.path, name, VR_WFDB_ANNOTATION_SIZE_MAX, &bytes, &size, err);
    if (r == -VR_ERR_NOT_FOUND)
        return paired_read(edf, annotator, ret_list, err);
    if (r < 0)
        return r;
    struct vr_rate rate = {edf->record.rate_num, edf->record.rate_den};
    return vr_wfdb_annotation_parse(bytes, size, display, rate, ret_list, err);
}

static int edf_annotators(
    const char *path, const char *record, struct vr_names *ret_names, struct vr_err *err)
{
    int r = embedded_annotators(path, record, ret_names, err);
    return r < 0 ? r : vr_edf_folder_annotators(path, record, ret_names, err);
}

const struct vr_dataset_driver vr_dataset_edf = {
    .name = "edf",
    .summary = "folder of EDF, EDF+, BDF and BDF+ files: NAME.edf, .bdf or .rec",
    .state_size = sizeof(struct edf),
    .probe = vr_edf_folder_probe,
    .list = vr_edf_folder_list,
    .open = edf_open,
    .record = edf_record,
    .read = edf_read,
    .truth = edf_truth,
    .close = edf_close,
    .annotators = edf_annotators,
    .comments = vr_edf_comments,
};
