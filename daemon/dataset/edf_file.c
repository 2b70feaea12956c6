/* Opening reads the file twice: once for its digest, once for the annotation signals alone, which lie in every record. */
#include "dataset/edf_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/edf_text.h"
#include "dataset/note.h"

#define CHUNK_SIZE ((size_t)1 << 20)
#define LISTS_SIZE_MAX (INT64_C(1) << 26) /* of one annotation signal in one record */

/* In pedantic C the 128-bit integer needs the word. */
__extension__ typedef __int128 wide;

static int header_load(struct vr_edf_file *edf, struct vr_err *err)
{
    uint8_t fixed[VR_EDF_FIXED_SIZE] = {0};
    if (edf->file.size > VR_EDF_FILE_SIZE_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: %" PRId64 " bytes; files up to 64 GiB are read", edf->display,
            edf->file.size);
    size_t size = edf->file.size < VR_EDF_FIXED_SIZE ? (size_t)edf->file.size : sizeof fixed;
    int r = vr_folder_file_read(&edf->file, edf->display, 0, size, fixed, err);
    if (r < 0)
        return r;
    size_t whole = size == sizeof fixed ? vr_edf_header_size(fixed) : 0;
    if (whole > size && (int64_t)whole <= edf->file.size)
        size = whole;
    _cleanup_free_ uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its header", edf->display);
    r = vr_folder_file_read(&edf->file, edf->display, 0, size, bytes, err);
    return r < 0
               ? r
               : vr_edf_header_parse(bytes, size, edf->file.size, edf->display, &edf->header, err);
}

static int digest_read(struct vr_edf_file *edf, struct vr_err *err)
{
    struct vr_digest digest;
    vr_digest_init(&digest);
    _cleanup_free_ uint8_t *bytes = malloc(CHUNK_SIZE);
    if (!bytes)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to read it", edf->display);
    for (int64_t offset = 0; offset < edf->file.size; offset += (int64_t)CHUNK_SIZE) {
        int64_t left = edf->file.size - offset;
        size_t size = left < (int64_t)CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
        int r = vr_folder_file_read(&edf->file, edf->display, offset, size, bytes, err);
        if (r < 0)
            return r;
        vr_digest_update(&digest, bytes, size);
    }
    vr_digest_finish(&digest, edf->sha256);
    return 0;
}

/* --- times of records --- */

static int no_memory(const struct vr_edf_file *edf, struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", edf->display);
}

static int segment_add(
    struct vr_edf_file *edf, int64_t first_record, int64_t start_ns, struct vr_err *err)
{
    if (edf->segment_count == edf->segment_capacity) {
        size_t capacity = edf->segment_capacity ? 2 * edf->segment_capacity : 4;
        void *grown = reallocarray(edf->segments, capacity, sizeof *edf->segments);
        if (!grown)
            return no_memory(edf, err);
        edf->segments = grown;
        edf->segment_capacity = capacity;
    }
    edf->segments[edf->segment_count++] = (struct vr_edf_segment){first_record, start_ns};
    return 0;
}

int64_t vr_edf_file_records(const struct vr_edf_file *edf, size_t segment)
{
    int64_t end = segment + 1 < edf->segment_count ? edf->segments[segment + 1].first_record
                                                   : edf->header.record_count;
    return end - edf->segments[segment].first_record;
}

/* The time of a record if it follows without a gap. */
static wide expected_ns(const struct vr_edf_file *edf, int64_t record)
{
    const struct vr_edf_segment *segment = &edf->segments[edf->segment_count - 1];
    struct vr_rate rate = edf->header.record_rate;
    return segment->start_ns +
           (wide)(record - segment->first_record) * rate.den * VR_EDF_NS_PER_S / rate.num;
}

/* One sample of the fastest signal: writers round the times of records, and what is nearer than that is no gap; a whole
 * sample is one. */
static int64_t tolerance_ns(const struct vr_edf_header *header)
{
    int64_t samples = 1;
    for (size_t i = 0; i < header->signal_count; i++)
        if (!header->signals[i].is_annotations && header->signals[i].record_samples > samples)
            samples = header->signals[i].record_samples;
    return (
        int64_t)((wide)header->record_rate.den * VR_EDF_NS_PER_S / header->record_rate.num / samples);
}

/* Records of EDF+D that overlap cannot be put in order of time; those of EDF+C are known to follow each other. */
static int record_early(
    struct vr_edf_file *edf, int64_t record, int64_t early_ns, struct vr_err *err)
{
    double early_s = (double)early_ns / (double)VR_EDF_NS_PER_S;
    if (edf->header.order == VR_EDF_DISCONTINUOUS)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: byte %" PRId64 ": record %" PRId64 " begins %.9g s before the one before it ends",
            edf->display, edf->header.header_size + record * edf->header.record_size, record,
            early_s);
    vr_note(
        edf->header.notes,
        "EDF+C, but record %" PRId64 " says that it begins %.9g s early: times not used", record,
        early_s);
    edf->times_ignored = true;
    edf->segment_count = 1;
    return 0;
}

static int record_place(
    struct vr_edf_file *edf, int64_t record, bool has_time, int64_t time_ns, struct vr_err *err)
{
    if (!has_time && edf->header.order == VR_EDF_DISCONTINUOUS)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: byte %" PRId64 ": record %" PRId64
            " of EDF+D does not say when it begins; write the file anew",
            edf->display, edf->header.header_size + record * edf->header.record_size, record);
    if (record == 0)
        edf->first_ns = has_time ? time_ns : 0;
    if (record == 0 || !has_time || edf->times_ignored || edf->header.record_rate.num == 0)
        return 0;
    wide late = (wide)time_ns - edf->first_ns - expected_ns(edf, record);
    int64_t tolerance = tolerance_ns(&edf->header);
    if (late > -tolerance && late < tolerance)
        return 0;
    if (late < 0)
        return record_early(edf, record, (int64_t)-late, err);
    if (edf->header.order == VR_EDF_CONTINUOUS && edf->segment_count == 1)
        vr_note(
            edf->header.notes, "EDF+C, but record %" PRId64 " begins %.9g s late: read as EDF+D",
            record, (double)late / (double)VR_EDF_NS_PER_S);
    return segment_add(edf, record, time_ns - edf->first_ns, err);
}

bool vr_edf_file_position(
    const struct vr_edf_file *edf, size_t segment, const struct vr_edf_signal *signal,
    int64_t *ret_position)
{
    if (segment == edf->segment_count) {
        int64_t last;
        if (!vr_edf_file_position(edf, segment - 1, signal, &last))
            return false;
        /* Each sample takes bytes of a file below 2^36. */
        *ret_position = last + vr_edf_file_records(edf, segment - 1) * signal->record_samples;
        return *ret_position <= VR_EDF_SAMPLES_MAX;
    }
    struct vr_rate rate = edf->header.record_rate;
    wide unit = 2 * (wide)rate.den * VR_EDF_NS_PER_S;
    wide position =
        (2 * (wide)edf->segments[segment].start_ns * rate.num * signal->record_samples + unit / 2) /
        unit;
    *ret_position = position <= VR_EDF_SAMPLES_MAX ? (int64_t)position : 0;
    return position <= VR_EDF_SAMPLES_MAX;
}

/* --- events --- */

static int event_add(
    struct vr_edf_file *edf, const struct vr_edf_tal *tal, struct vr_slice text, struct vr_err *err)
{
    if (edf->event_count == VR_ANNOTATIONS_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: more than %d annotations; split the file", edf->display,
            VR_ANNOTATIONS_MAX);
    if (edf->event_count == edf->event_capacity) {
        size_t capacity = edf->event_capacity ? 2 * edf->event_capacity : 64;
        void *grown = reallocarray(edf->events, capacity, sizeof *edf->events);
        if (!grown)
            return no_memory(edf, err);
        edf->events = grown;
        edf->event_capacity = capacity;
    }
    size_t size = VR_EDF_TEXT_COPY_SIZE(text.size);
    char *copy = malloc(size);
    if (!copy)
        return no_memory(edf, err);
    vr_edf_text_copy(text, copy, size);
    edf->events[edf->event_count] = (struct vr_edf_event){
        tal->onset_ns - edf->first_ns, tal->duration_ns, edf->event_count, copy};
    edf->event_count++;
    return 0;
}

/* The lists of one annotation signal in one record; the first signal's first list tells the time of the record. */
static int lists_read(
    struct vr_edf_file *edf, int64_t record, bool tells_time, int64_t offset, struct vr_slice bytes,
    struct vr_err *err)
{
    const char *start = bytes.text, *fault = NULL;
    struct vr_edf_tal tal;
    struct vr_slice text;
    int found, r = 0;
    for (bool first = true; r == 0 && (found = vr_edf_tal_next(&bytes, &tal, &fault)) != 0;
         first = false) {
        if (found < 0) {
            if (!edf->events_fault[0])
                snprintf(
                    edf->events_fault, sizeof edf->events_fault,
                    "the annotation list that ends at byte %" PRId64 " is broken: %s",
                    offset + (bytes.text - start), fault);
            continue;
        }
        int64_t time_ns;
        if (first && tells_time) {
            bool has_time = vr_edf_tal_time(&tal, &time_ns);
            r = record_place(edf, record, has_time, time_ns, err);
            tells_time = false;
        }
        while (r == 0 && vr_edf_tal_text(&tal, &text))
            if (vr_edf_text_trim(text).size)
                r = event_add(edf, &tal, text, err);
    }
    return r == 0 && tells_time ? record_place(edf, record, false, 0, err) : r;
}

static int event_compare(const void *a, const void *b)
{
    const struct vr_edf_event *x = a, *y = b;
    if (x->onset_ns != y->onset_ns)
        return x->onset_ns < y->onset_ns ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static int annotations_read(struct vr_edf_file *edf, struct vr_err *err)
{
    const struct vr_edf_header *header = &edf->header;
    int64_t size_max = 0;
    for (size_t i = 0; i < header->signal_count; i++)
        if (header->signals[i].is_annotations && header->signals[i].record_samples > size_max)
            size_max = header->signals[i].record_samples;
    size_max *= header->sample_size;
    if (size_max == 0 || header->record_count == 0)
        return 0;
    if (size_max > LISTS_SIZE_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: %" PRId64 " bytes of annotations a record; at most %" PRId64,
            edf->display, size_max, LISTS_SIZE_MAX);
    _cleanup_free_ char *bytes = malloc((size_t)size_max);
    if (!bytes)
        return no_memory(edf, err);
    for (int64_t record = 0; record < header->record_count; record++) {
        bool tells_time = true;
        for (size_t i = 0; i < header->signal_count; i++) {
            const struct vr_edf_signal *signal = &header->signals[i];
            if (!signal->is_annotations || signal->record_samples == 0)
                continue;
            size_t size = (size_t)(signal->record_samples * header->sample_size);
            int64_t offset =
                header->header_size + record * header->record_size + signal->record_offset;
            int r = vr_folder_file_read(&edf->file, edf->display, offset, size, bytes, err);
            if (r == 0)
                r = lists_read(
                    edf, record, tells_time, offset, (struct vr_slice){bytes, size}, err);
            if (r < 0)
                return r;
            tells_time = false;
        }
    }
    if (edf->event_count)
        qsort(edf->events, edf->event_count, sizeof *edf->events, event_compare);
    return 0;
}

int vr_edf_file_open(
    const struct vr_folder_file *file, const char *display, struct vr_edf_file *ret_file,
    struct vr_err *err)
{
    struct vr_edf_file edf = {.file = *file, .display = strdup(display)};
    int r = edf.display ? header_load(&edf, err)
                        : vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", display);
    if (r == 0)
        r = segment_add(&edf, 0, 0, err);
    if (r == 0)
        r = digest_read(&edf, err);
    if (r == 0)
        r = annotations_read(&edf, err);
    if (r < 0) {
        vr_edf_file_close(&edf);
        return r;
    }
    *ret_file = edf;
    return 0;
}

void vr_edf_file_close(struct vr_edf_file *edf)
{
    for (size_t i = 0; i < edf->event_count; i++)
        free(edf->events[i].text);
    free(edf->events);
    free(edf->segments);
    vr_edf_header_finish(&edf->header);
    free(edf->display);
    if (edf->file.fd >= 0)
        close(edf->file.fd);
    *edf = (struct vr_edf_file){.file.fd = -1};
}
