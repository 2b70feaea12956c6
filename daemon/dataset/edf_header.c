/* One function per part of the header; a field is found by its place, so nothing here depends on what stands before it. */
#include "dataset/edf_header.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "dataset/edf_text.h"
#include "dataset/note.h"
#include "dataset/slice.h"

#define RECORD_SAMPLES_MAX 99999999 /* what 8 digits can say */

/* Fields of the fixed part, and of each signal: width in bytes, in the order of the file. */
enum { VERSION, PATIENT, RECORDING, DATE, TIME, HEADER_SIZE, RESERVED, RECORDS, DURATION, SIGNALS };
static const size_t file_widths[] = {8, 80, 80, 8, 8, 8, 44, 8, 8, 4};

enum {
    LABEL,
    TRANSDUCER,
    DIMENSION,
    PHYSICAL_MIN,
    PHYSICAL_MAX,
    DIGITAL_MIN,
    DIGITAL_MAX,
    PREFILTER,
    SAMPLES,
};
static const size_t signal_widths[] = {16, 80, 8, 8, 8, 8, 8, 80, 8};

struct parser {
    const uint8_t *bytes;
    int64_t file_size;
    const char *display;
    struct vr_edf_header header;
    struct vr_err *err;
};

static int parser_fail(const struct parser *parser, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int parser_fail(const struct parser *parser, size_t offset, const char *format, ...)
{
    char text[VR_ERR_TEXT_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return vr_err_set(parser->err, VR_ERR_INPUT, "%s: byte %zu: %s", parser->display, offset, text);
}

static size_t file_offset(int field)
{
    size_t offset = 0;
    for (int i = 0; i < field; i++)
        offset += file_widths[i];
    return offset;
}

static size_t signal_offset(size_t signal_count, size_t signal, int field)
{
    size_t offset = VR_EDF_FIXED_SIZE;
    for (int i = 0; i < field; i++)
        offset += signal_count * signal_widths[i];
    return offset + signal * signal_widths[field];
}

static struct vr_slice field_at(const uint8_t *bytes, size_t offset, size_t width)
{
    return vr_edf_text_trim((struct vr_slice){(const char *)bytes + offset, width});
}

static struct vr_slice file_field(const struct parser *parser, int field)
{
    return field_at(parser->bytes, file_offset(field), file_widths[field]);
}

static struct vr_slice signal_field(const struct parser *parser, size_t signal, int field)
{
    return field_at(
        parser->bytes, signal_offset(parser->header.signal_count, signal, field),
        signal_widths[field]);
}

static bool slice_is(struct vr_slice slice, const char *text)
{
    return slice.size == strlen(text) && strncasecmp(slice.text, text, slice.size) == 0;
}

static bool real_read(struct parser *parser, struct vr_slice field, double *ret_value)
{
    bool comma;
    if (!vr_edf_text_real(field, ret_value, &comma))
        return false;
    if (comma)
        vr_note(
            parser->header.notes, "the decimal comma of \"%.*s\" was read as a point",
            VR_SLICE_SHOWN(field));
    return true;
}

size_t vr_edf_header_size(const uint8_t fixed[VR_EDF_FIXED_SIZE])
{
    int64_t signal_count;
    struct vr_slice field = field_at(fixed, file_offset(SIGNALS), file_widths[SIGNALS]);
    if (!vr_edf_text_integer(field, 1, 9999, &signal_count))
        return 0;
    return VR_EDF_FIXED_SIZE * ((size_t)signal_count + 1);
}

static int version_read(struct parser *parser)
{
    struct vr_slice version = file_field(parser, VERSION);
    parser->header.sample_size = 2;
    if (parser->bytes[0] == 0xff && version.size == 8 &&
        memcmp(version.text + 1, "BIOSEMI", 7) == 0)
        parser->header.sample_size = 3;
    else if (!slice_is(version, "0"))
        return parser_fail(
            parser, 0,
            "begins neither with \"0\" as EDF does, nor with 0xff \"BIOSEMI\" as BDF "
            "does; it is another kind of file");
    return 0;
}

/* EDF+C, BDF+D ...; "24BIT" and whatever else is said there is plain. */
static void order_read(struct parser *parser)
{
    struct vr_slice reserved = file_field(parser, RESERVED);
    parser->header.order = VR_EDF_PLAIN;
    if (reserved.size < 4 ||
        (strncasecmp(reserved.text, "EDF+", 4) != 0 && strncasecmp(reserved.text, "BDF+", 4) != 0))
        return;
    char letter = reserved.size > 4 ? reserved.text[4] : ' ';
    bool is_discontinuous = letter == 'D' || letter == 'd';
    parser->header.order = is_discontinuous ? VR_EDF_DISCONTINUOUS : VR_EDF_CONTINUOUS;
    if (!is_discontinuous && letter != 'C' && letter != 'c')
        vr_note(parser->header.notes, "\"%.*s\" was read as EDF+C", VR_SLICE_SHOWN(reserved));
}

/* Two digits, any separator, two digits, any separator, two digits. */
static bool pairs_read(struct vr_slice field, int ret_pairs[3])
{
    for (size_t i = 0; i < 3; i++) {
        int64_t value;
        if (field.size != 8 ||
            !vr_slice_integer((struct vr_slice){field.text + 3 * i, 2}, 0, 99, &value))
            return false;
        ret_pairs[i] = (int)value;
    }
    return true;
}

static void start_read(struct parser *parser)
{
    int date[3], time[3];
    if (!pairs_read(file_field(parser, DATE), date) || !pairs_read(file_field(parser, TIME), time))
        return;
    struct tm wanted = {
        .tm_year = date[2] + (date[2] >= 85 ? 0 : 100), /* EDF was made in 1985 */
        .tm_mon = date[1] - 1,
        .tm_mday = date[0],
        .tm_hour = time[0],
        .tm_min = time[1],
        .tm_sec = time[2]};
    struct tm found = wanted;
    parser->header.start_s = timegm(&found);
    parser->header.has_start = found.tm_mon == wanted.tm_mon && found.tm_mday == wanted.tm_mday &&
                               found.tm_hour == wanted.tm_hour && found.tm_min == wanted.tm_min &&
                               found.tm_sec == wanted.tm_sec;
}

/* The duration as exactly the fraction that its text says. */
static int duration_read(struct parser *parser)
{
    struct vr_slice field = file_field(parser, DURATION);
    double seconds;
    if (!real_read(parser, field, &seconds) || seconds < 0)
        return parser_fail(
            parser, file_offset(DURATION),
            "the duration of a record \"%.*s\" must be a number of seconds, 0 or above",
            VR_SLICE_SHOWN(field));
    parser->header.record_rate = (struct vr_rate){0, 0};
    if (seconds == 0)
        return 0;
    char text[16];
    struct vr_rate duration;
    vr_slice_skip(&field, '+');
    memcpy(text, field.text, field.size);
    char *comma = memchr(text, ',', field.size);
    if (comma)
        *comma = '.';
    if (!vr_rate_parse(text, field.size, &duration))
        return parser_fail(
            parser, file_offset(DURATION),
            "the duration of a record \"%.*s\" s cannot be held as a fraction of 32 bits",
            VR_SLICE_SHOWN(field));
    parser->header.record_rate = (struct vr_rate){duration.den, duration.num};
    return 0;
}

static int fixed_parse(struct parser *parser, size_t size)
{
    if (size < VR_EDF_FIXED_SIZE)
        return parser_fail(
            parser, size, "the file ends inside the header, which has at least %d bytes",
            VR_EDF_FIXED_SIZE);
    int r = version_read(parser);
    if (r < 0)
        return r;
    struct vr_slice signals = file_field(parser, SIGNALS);
    size_t header_size = vr_edf_header_size(parser->bytes);
    if (header_size == 0)
        return parser_fail(
            parser, file_offset(SIGNALS),
            "the number of signals \"%.*s\" must be a number from 1 to 9999",
            VR_SLICE_SHOWN(signals));
    if ((int64_t)header_size > parser->file_size || header_size > size)
        return parser_fail(
            parser, file_offset(SIGNALS),
            "%.*s signals make a header of %zu bytes, but the file has %" PRId64 "; it was cut",
            VR_SLICE_SHOWN(signals), header_size, parser->file_size);
    parser->header.header_size = (int64_t)header_size;
    parser->header.signal_count = header_size / VR_EDF_FIXED_SIZE - 1;
    order_read(parser);
    start_read(parser);
    return duration_read(parser);
}

/* "\xc2\xb5V" or "\xce\xbcV" to "uV", which is how VitalRig writes it. */
static void unit_simplify(char *unit)
{
    char *rest = unit + 2;
    if (strncmp(unit, "\xc2\xb5", 2) != 0 && strncmp(unit, "\xce\xbc", 2) != 0)
        return;
    unit[0] = 'u';
    memmove(unit + 1, rest, strlen(rest) + 1);
}

static void calibration_read(struct parser *parser, size_t index, struct vr_edf_signal *signal)
{
    int64_t digital_min, digital_max;
    bool is_complete =
        real_read(parser, signal_field(parser, index, PHYSICAL_MIN), &signal->physical_min) &&
        real_read(parser, signal_field(parser, index, PHYSICAL_MAX), &signal->physical_max) &&
        vr_edf_text_integer(
            signal_field(parser, index, DIGITAL_MIN), INT32_MIN, INT32_MAX, &digital_min) &&
        vr_edf_text_integer(
            signal_field(parser, index, DIGITAL_MAX), INT32_MIN, INT32_MAX, &digital_max);
    if (is_complete && digital_min != digital_max && signal->physical_min != signal->physical_max) {
        signal->digital_min = (int32_t)digital_min;
        signal->digital_max = (int32_t)digital_max;
        signal->is_calibrated = true;
    } else if (!signal->is_annotations) {
        vr_note(
            parser->header.notes, "signal \"%s\" has no usable range of values: uncalibrated",
            signal->name);
    }
}

static int signal_parse(struct parser *parser, size_t index)
{
    struct vr_edf_header *header = &parser->header;
    struct vr_edf_signal *signal = &header->signals[index];
    struct vr_slice label = signal_field(parser, index, LABEL);
    if (!vr_edf_text_copy(label, signal->name, sizeof signal->name))
        vr_note(parser->header.notes, "the label \"%s\" was read as Latin-1", signal->name);
    vr_edf_text_copy(signal_field(parser, index, DIMENSION), signal->unit, sizeof signal->unit);
    unit_simplify(signal->unit);
    signal->is_annotations = header->order != VR_EDF_PLAIN && (slice_is(label, "EDF Annotations") ||
                                                               slice_is(label, "BDF Annotations"));
    calibration_read(parser, index, signal);

    struct vr_slice samples = signal_field(parser, index, SAMPLES);
    if (!vr_edf_text_integer(samples, 0, RECORD_SAMPLES_MAX, &signal->record_samples))
        return parser_fail(
            parser, signal_offset(header->signal_count, index, SAMPLES),
            "the number of samples per record \"%.*s\" of signal \"%s\" must be a whole number",
            VR_SLICE_SHOWN(samples), signal->name);
    if (signal->record_samples == 0)
        vr_note(parser->header.notes, "signal \"%s\" has no samples: left out", signal->name);
    else if (!signal->is_annotations && header->record_rate.num == 0)
        return parser_fail(
            parser, file_offset(DURATION),
            "records last 0 s, but signal \"%s\" has samples in them; give the true duration",
            signal->name);
    struct vr_rate rate;
    if (signal->record_samples && header->record_rate.num &&
        !vr_rate_multiply(header->record_rate, (uint32_t)signal->record_samples, &rate))
        return parser_fail(
            parser, signal_offset(header->signal_count, index, SAMPLES),
            "the rate of signal \"%s\" is no fraction of two 32-bit numbers", signal->name);
    signal->record_offset = header->record_size;
    header->record_size += signal->record_samples * header->sample_size;
    return 0;
}

static int signals_parse(struct parser *parser)
{
    struct vr_edf_header *header = &parser->header;
    header->signals = calloc(header->signal_count, sizeof *header->signals);
    if (!header->signals)
        return vr_err_set(
            parser->err, VR_ERR_NO_MEMORY, "%s: no memory for %zu signals", parser->display,
            header->signal_count);
    bool has_annotations = false;
    for (size_t i = 0; i < header->signal_count; i++) {
        int r = signal_parse(parser, i);
        if (r < 0)
            return r;
        has_annotations |= header->signals[i].is_annotations && header->signals[i].record_samples;
    }
    if (header->record_size == 0)
        return parser_fail(
            parser, signal_offset(header->signal_count, 0, SAMPLES), "no signal has any samples");
    if (header->order == VR_EDF_DISCONTINUOUS && !has_annotations)
        return parser_fail(
            parser, file_offset(RESERVED),
            "EDF+D, but without the annotation signal that says when each record begins");
    if (header->order == VR_EDF_CONTINUOUS && !has_annotations)
        vr_note(parser->header.notes, "EDF+C without an annotation signal");
    return 0;
}

/* A header size that is not 256 for the file and each signal is a slip of the writer, unless the size of the file says
 * that the records do begin there. */
static void header_size_check(struct parser *parser, int64_t record_count)
{
    struct vr_edf_header *header = &parser->header;
    struct vr_slice field = file_field(parser, HEADER_SIZE);
    int64_t claimed, data_size = record_count * header->record_size;
    if (vr_edf_text_integer(field, 0, INT32_MAX, &claimed) && claimed == header->header_size)
        return;
    vr_note(
        parser->header.notes, "the header says that it has \"%.*s\" bytes", VR_SLICE_SHOWN(field));
    if (record_count > 0 && vr_edf_text_integer(field, header->header_size, INT32_MAX, &claimed) &&
        claimed + data_size == parser->file_size) {
        header->header_size = claimed;
        vr_note(parser->header.notes, "and the size of the file agrees");
    } else {
        vr_note(parser->header.notes, "read as %" PRId64, header->header_size);
    }
}

static int records_parse(struct parser *parser)
{
    struct vr_edf_header *header = &parser->header;
    struct vr_slice field = file_field(parser, RECORDS);
    int64_t claimed;
    /* Beyond this many, even records of one byte would not fit into a file. */
    if (!vr_edf_text_integer(field, -1, VR_EDF_FILE_SIZE_MAX, &claimed) && field.size)
        return parser_fail(
            parser, file_offset(RECORDS),
            "the number of records \"%.*s\" must be a number from -1 to %" PRId64,
            VR_SLICE_SHOWN(field), VR_EDF_FILE_SIZE_MAX);
    if (field.size == 0)
        claimed = -1;
    if (claimed > VR_EDF_FILE_SIZE_MAX / header->record_size)
        return parser_fail(
            parser, file_offset(RECORDS),
            "%" PRId64 " records of %" PRId64 " bytes are more than the 64 GiB that are read",
            claimed, header->record_size);
    header_size_check(parser, claimed);
    int64_t held = (parser->file_size - header->header_size) / header->record_size;
    if (claimed > held)
        return parser_fail(
            parser, file_offset(RECORDS),
            "%" PRId64 " records of %" PRId64 " bytes are told of, but the file, of %" PRId64
            " bytes, holds %" PRId64 "; it was cut: fetch it again",
            claimed, header->record_size, parser->file_size, held);
    /* Recorders write the number at the end: -1, or none yet, when they were switched off before. */
    if (claimed < 0 || (claimed == 0 && held > 0)) {
        vr_note(
            parser->header.notes,
            "the number of records is \"%.*s\": the %" PRId64 " whole ones were taken",
            VR_SLICE_SHOWN(field), held);
        claimed = held;
    }
    header->record_count = claimed;
    header->surplus = parser->file_size - header->header_size - claimed * header->record_size;
    if (header->surplus > 0)
        vr_note(parser->header.notes, "%" PRId64 " bytes behind the last record", header->surplus);
    return 0;
}

int vr_edf_header_parse(
    const uint8_t *bytes, size_t size, int64_t file_size, const char *display,
    struct vr_edf_header *ret_header, struct vr_err *err)
{
    struct parser parser = {.bytes = bytes, .file_size = file_size, .display = display, .err = err};
    int r = fixed_parse(&parser, size);
    if (r == 0)
        r = signals_parse(&parser);
    if (r == 0)
        r = records_parse(&parser);
    if (r < 0) {
        vr_edf_header_finish(&parser.header);
        return r;
    }
    *ret_header = parser.header;
    return 0;
}

void vr_edf_header_finish(struct vr_edf_header *header)
{
    if (!header)
        return;
    free(header->signals);
    header->signals = NULL;
    header->signal_count = 0;
}

void vr_edf_calibration(
    const struct vr_edf_signal *signal, double *ret_gain, int32_t *ret_baseline, double *ret_offset)
{
    *ret_gain = 0, *ret_baseline = 0, *ret_offset = 0;
    if (!signal->is_calibrated)
        return;
    double digital_span = (double)signal->digital_max - signal->digital_min;
    double physical_span = signal->physical_max - signal->physical_min;
    double gain = digital_span / physical_span;
    if (!isfinite(gain) || gain == 0)
        return; /* spans at the ends of what a double holds */
    double zero = signal->digital_min - signal->physical_min * gain;
    int32_t baseline = signal->digital_min;
    if (fabs(zero) < INT32_MAX)
        baseline = (int32_t)lround(zero);
    double offset = signal->physical_min +
                    ((double)baseline - signal->digital_min) * physical_span / digital_span;
    if (!isfinite(offset))
        return;
    *ret_gain = gain;
    *ret_baseline = baseline;
    /* A billionth of an LSB is the rounding of a double: the zero is that whole number. */
    *ret_offset = fabs(offset * gain) < 1e-9 ? 0 : offset;
}
