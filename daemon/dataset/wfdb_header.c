/* One pass over the lines, one function per line of the grammar, one per field that has a grammar
 * of its own. */
#include "dataset/wfdb_header.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/folder.h"
#include "dataset/slice.h"

/* "No value is larger than" for fields that VitalRig keeps but never counts with. */
#define INTEGER_MIN INT64_C(-4611686018427387904)
#define INTEGER_MAX INT64_C(4611686018427387904)

struct parser {
    struct vr_slice rest; /* lines not read yet */
    const char *display;
    int line;
    struct vr_err *err;
};

static int parser_fail(const struct parser *parser, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int parser_fail(const struct parser *parser, const char *format, ...)
{
    char text[VR_ERR_TEXT_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return vr_err_set(
        parser->err, VR_ERR_INPUT, "%s:%d: %s", parser->display, parser->line ? parser->line : 1,
        text);
}

static int field_copy(
    const struct parser *parser, const char *what, struct vr_slice slice, char *ret_text,
    size_t size)
{
    if (slice.size >= size)
        return parser_fail(
            parser, "the %s \"%.*s...\" has %zu bytes; shorten it to at most %zu", what,
            VR_SLICE_SHOWN(slice), slice.size, size - 1);
    memcpy(ret_text, slice.text, slice.size);
    ret_text[slice.size] = '\0';
    return 0;
}

/* The next line that is neither blank nor a comment, without its end; *ret_found tells whether
 * there was one. */
static int line_next(struct parser *parser, struct vr_slice *ret_line, bool *ret_found)
{
    while (parser->rest.size) {
        struct vr_slice line = vr_slice_take(&parser->rest, "\n");
        vr_slice_skip(&parser->rest, '\n');
        parser->line++;
        if (line.size && line.text[line.size - 1] == '\r')
            line.size--;
        line = vr_slice_trim(line);
        if (line.size == 0 || line.text[0] == '#')
            continue;
        for (size_t i = 0; i < line.size; i++) {
            unsigned char c = (unsigned char)line.text[i];
            if ((c < ' ' && c != '\t') || c == 0x7f)
                return parser_fail(
                    parser, "byte %zu is the control character 0x%02x; a header is plain text",
                    i + 1, c);
        }
        *ret_line = line;
        *ret_found = true;
        return 0;
    }
    *ret_found = false;
    return 0;
}

/* NAME['/'NSEG]: one segment only. */
static int record_name_parse(
    const struct parser *parser, struct vr_slice field, struct vr_wfdb_header *header)
{
    struct vr_slice name = vr_slice_take(&field, "/");
    int r = field_copy(parser, "record name", name, header->name, sizeof header->name);
    if (r < 0)
        return r;
    const char *fault = vr_folder_name_fault(header->name);
    if (fault)
        return parser_fail(
            parser, "the record name \"%.*s\" %s; it must be the name of this file without .hea",
            VR_SLICE_SHOWN(name), fault);
    if (!vr_slice_skip(&field, '/'))
        return 0;
    int64_t segment_count;
    if (!vr_slice_integer(field, 1, INTEGER_MAX, &segment_count))
        return parser_fail(
            parser,
            "\"%.*s\" is no number of segments; write NAME, or NAME/NUMBER for a record in "
            "segments",
            VR_SLICE_SHOWN(field));
    return parser_fail(
        parser,
        "multi-segment records are not supported yet (this one has %" PRId64
        " segments); open its segments one by one",
        segment_count);
}

/* FS['/'CFREQ['('BASECNT')']], the part behind the slash unread: nothing here counts with it. */
static int rate_parse(
    const struct parser *parser, struct vr_slice field, struct vr_wfdb_header *header)
{
    header->rate = (struct vr_rate){250, 1};
    if (field.size == 0)
        return 0;
    struct vr_slice rate = vr_slice_take(&field, "/");
    if (!vr_rate_parse(rate.text, rate.size, &header->rate))
        return parser_fail(
            parser, "the sampling frequency \"%.*s\" must be a number above 0 and below 2^32 Hz",
            VR_SLICE_SHOWN(rate));
    return 0;
}

static int record_line_parse(struct parser *parser, struct vr_wfdb_header *header)
{
    struct vr_slice line, field;
    bool found;
    int r = line_next(parser, &line, &found);
    if (r < 0)
        return r;
    if (!found)
        return parser_fail(
            parser, "no record line; a header begins with NAME and the number of signals");
    header->line = parser->line;
    r = record_name_parse(parser, vr_slice_word(&line), header);
    if (r < 0)
        return r;

    int64_t signal_count;
    field = vr_slice_word(&line);
    if (field.size == 0)
        return parser_fail(
            parser, "only a name, which is the obsolete header format; write a new header, with "
                    "NAME and the number of signals");
    if (!vr_slice_integer(field, 0, VR_SIGNALS_MAX, &signal_count))
        return parser_fail(
            parser, "the number of signals \"%.*s\" must be a number from 0 to %d",
            VR_SLICE_SHOWN(field), VR_SIGNALS_MAX);
    header->signal_count = (size_t)signal_count;

    r = rate_parse(parser, vr_slice_word(&line), header);
    if (r < 0)
        return r;
    int64_t frame_count = 0;
    field = vr_slice_word(&line);
    if (field.size && !vr_slice_integer(field, 0, VR_WFDB_FRAMES_MAX, &frame_count))
        return parser_fail(
            parser, "the number of samples \"%.*s\" must be a number from 0 to %" PRId64,
            VR_SLICE_SHOWN(field), VR_WFDB_FRAMES_MAX);
    header->frame_count = frame_count ? frame_count : -1;
    return 0;
}

/* FMT['x'SPF][':'SKEW]['+'OFFSET], the modifiers in any order. */
static int format_parse(
    const struct parser *parser, struct vr_slice field, struct vr_wfdb_signal *signal)
{
    const char *const modifiers = "x:+";
    struct vr_slice all = field;
    struct {
        int64_t max, value;
        bool given;
    } values[] = {
        {VR_WFDB_SAMPLES_PER_FRAME_MAX, 1, false},
        {VR_WFDB_FRAMES_MAX, 0, false},
        {INTEGER_MAX, 0, false}};
    int64_t format;
    if (!vr_slice_integer(vr_slice_take(&field, modifiers), 0, INT32_MAX, &format))
        return parser_fail(
            parser, "the format \"%.*s\" must begin with a number, as in 212", VR_SLICE_SHOWN(all));

    while (field.size) {
        size_t which = (size_t)(strchr(modifiers, field.text[0]) - modifiers);
        vr_slice_skip(&field, field.text[0]);
        if (values[which].given || !vr_slice_integer(
                                       vr_slice_take(&field, modifiers), INTEGER_MIN,
                                       values[which].max, &values[which].value))
            return parser_fail(
                parser,
                "the format \"%.*s\" must be FORMAT, then at most one each of xSAMPLES, :SKEW and "
                "+OFFSET, each with a number",
                VR_SLICE_SHOWN(all));
        values[which].given = true;
    }
    if (values[2].value < 0)
        return parser_fail(
            parser, "the format \"%.*s\" has a byte offset below 0", VR_SLICE_SHOWN(all));
    signal->format = (int)format;
    signal->samples_per_frame = (uint32_t)(values[0].value < 1 ? 1 : values[0].value);
    signal->skew_frames = values[1].value < 0 ? 0 : values[1].value;
    signal->byte_offset = values[2].value;
    return 0;
}

/* GAIN['('BASELINE')']['/'UNITS] */
static int gain_parse(
    const struct parser *parser, struct vr_slice field, struct vr_wfdb_signal *signal,
    bool *ret_baseline_given)
{
    struct vr_slice all = field;
    if (!vr_slice_real(vr_slice_take(&field, "(/"), &signal->gain))
        return parser_fail(
            parser, "the gain \"%.*s\" must be a number, as in 200 or 200(1024)/mV",
            VR_SLICE_SHOWN(all));
    *ret_baseline_given = vr_slice_skip(&field, '(');
    if (*ret_baseline_given) {
        int64_t baseline;
        if (!vr_slice_integer(vr_slice_take(&field, ")"), INT32_MIN, INT32_MAX, &baseline) ||
            !vr_slice_skip(&field, ')'))
            return parser_fail(
                parser, "the baseline in \"%.*s\" must be a whole number of 32 bits in brackets",
                VR_SLICE_SHOWN(all));
        signal->baseline = (int32_t)baseline;
    }
    if (vr_slice_skip(&field, '/') && field.size)
        return field_copy(parser, "unit", field, signal->unit, sizeof signal->unit);
    if (field.size)
        return parser_fail(
            parser, "\"%.*s\" in \"%.*s\": only /UNIT may follow the gain", VR_SLICE_SHOWN(field),
            VR_SLICE_SHOWN(all));
    return 0;
}

static int32_t resolution_default(int format)
{
    switch (format) {
    case 80:
        return 8;
    case 160:
        return 16;
    case 310:
    case 311:
        return 10;
    default:
        return 12;
    }
}

/* [ADCRES [ADCZERO [INITVAL [CKSUM [BSIZE]]]]]: each missing one takes the value that WFDB gives
 * it. */
static int numbers_parse(
    const struct parser *parser, struct vr_slice *line, struct vr_wfdb_signal *signal)
{
    struct {
        const char *what;
        int64_t value;
        bool given;
    } fields[] = {
        {.what = "ADC resolution", .value = resolution_default(signal->format)},
        {.what = "ADC zero"},
        {.what = "initial value"},
        {.what = "checksum"},
        {.what = "block size"}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct vr_slice field = vr_slice_word(line);
        fields[i].given = field.size > 0;
        if (field.size && !vr_slice_integer(field, INT32_MIN, INT32_MAX, &fields[i].value))
            return parser_fail(
                parser, "the %s \"%.*s\" must be a whole number of 32 bits", fields[i].what,
                VR_SLICE_SHOWN(field));
    }
    signal->adc_resolution = (int32_t)fields[0].value;
    signal->adc_zero = (int32_t)fields[1].value;
    signal->initial_value = (int32_t)(fields[2].given ? fields[2].value : fields[1].value);
    signal->checksum_given = fields[3].given;
    signal->checksum = (uint16_t)fields[3].value;
    signal->block_size = fields[4].value;
    return 0;
}

static int signal_line_parse(
    const struct parser *parser, struct vr_slice line, struct vr_wfdb_signal *signal)
{
    signal->line = parser->line;
    struct vr_slice file = vr_slice_word(&line);
    int r = field_copy(parser, "file name", file, signal->file, sizeof signal->file);
    if (r < 0)
        return r;
    if (strcmp(signal->file, "~") == 0)
        return parser_fail(
            parser, "the file name \"~\" marks the layout of a multi-segment record, which holds "
                    "no samples");
    const char *fault = vr_folder_name_fault(signal->file);
    if (fault)
        return parser_fail(
            parser, "the file name \"%.*s\" %s; name a file beside the header or below it",
            VR_SLICE_SHOWN(file), fault);

    struct vr_slice format = vr_slice_word(&line), gain = vr_slice_word(&line);
    if (format.size == 0)
        return parser_fail(
            parser, "no format behind the file name; write FILE and FORMAT, as in 100.dat 212");
    r = format_parse(parser, format, signal);
    bool baseline_given = false;
    memcpy(signal->unit, "mV", sizeof "mV");
    if (r == 0 && gain.size)
        r = gain_parse(parser, gain, signal, &baseline_given);
    if (r == 0)
        r = numbers_parse(parser, &line, signal);
    if (r < 0)
        return r;
    if (!baseline_given)
        signal->baseline = signal->adc_zero;
    return field_copy(
        parser, "description", vr_slice_trim(line), signal->name, sizeof signal->name);
}

/* Signals of one file follow each other and agree on how it is stored: else nobody can tell which
 * sample is whose. */
static int group_check(
    const struct parser *parser, const struct vr_wfdb_header *header, size_t index)
{
    const struct vr_wfdb_signal *signal = &header->signals[index];
    for (size_t i = 0; i < index; i++) {
        const struct vr_wfdb_signal *other = &header->signals[i];
        if (strcmp(other->file, signal->file) != 0)
            continue;
        if (strcmp(signal[-1].file, signal->file) != 0)
            return parser_fail(
                parser,
                "%.60s was named in line %d, then another file; put the lines of one file together",
                signal->file, other->line);
        if (other->format != signal->format || other->byte_offset != signal->byte_offset ||
            other->block_size != signal->block_size)
            return parser_fail(
                parser,
                "%.60s has another format, byte offset or block size here than in line %d; make "
                "them equal",
                signal->file, other->line);
    }
    return 0;
}

static int signals_parse(struct parser *parser, struct vr_wfdb_header *header)
{
    int64_t frame_samples = 0;
    for (size_t i = 0; i < header->signal_count; i++) {
        struct vr_wfdb_signal *signal = &header->signals[i];
        struct vr_slice line;
        bool found;
        int r = line_next(parser, &line, &found);
        if (r < 0)
            return r;
        if (!found)
            return parser_fail(
                parser, "the header ends after %zu of the %zu signals that line %d promises", i,
                header->signal_count, header->line);
        r = signal_line_parse(parser, line, signal);
        if (r == 0)
            r = group_check(parser, header, i);
        if (r < 0)
            return r;
        if (!signal->name[0])
            snprintf(
                signal->name, sizeof signal->name, "record %.90s, signal %zu", header->name, i);
        frame_samples += signal->samples_per_frame;
        struct vr_rate rate;
        if (frame_samples > VR_WFDB_SAMPLES_PER_FRAME_MAX ||
            !vr_rate_multiply(header->rate, signal->samples_per_frame, &rate))
            return parser_fail(
                parser, "%" PRIu32 " samples per frame are more than can be read",
                signal->samples_per_frame);
        if (header->frame_count >= 0 && signal->skew_frames >= header->frame_count)
            return parser_fail(
                parser,
                "the skew of %" PRId64 " leaves nothing of the %" PRId64 " samples in line %d",
                signal->skew_frames, header->frame_count, header->line);
    }
    return 0;
}

static int lines_parse(struct parser *parser, struct vr_wfdb_header *header)
{
    int r = record_line_parse(parser, header);
    if (r < 0)
        return r;
    if (header->signal_count) {
        header->signals = calloc(header->signal_count, sizeof *header->signals);
        if (!header->signals)
            return vr_err_set(
                parser->err, VR_ERR_NO_MEMORY, "%s: no memory for its signals", parser->display);
    }
    r = signals_parse(parser, header);
    if (r < 0)
        return r;

    /* WFDB ignores further lines; here a wrong number of signals would shift every sample. */
    struct vr_slice line;
    bool found;
    r = line_next(parser, &line, &found);
    if (r == 0 && found)
        return parser_fail(
            parser,
            "a line behind the %zu signals that line %d promises; correct that number, or put # "
            "before this line",
            header->signal_count, header->line);
    return r;
}

int vr_wfdb_header_parse(
    const char *text, size_t size, const char *display, struct vr_wfdb_header *ret_header,
    struct vr_err *err)
{
    struct parser parser = {.rest = {text, size}, .display = display, .err = err};
    if (size > VR_WFDB_HEADER_SIZE_MAX)
        return parser_fail(
            &parser, "%zu bytes; a header has at most %d", size, VR_WFDB_HEADER_SIZE_MAX);
    struct vr_wfdb_header header = {0};
    int r = lines_parse(&parser, &header);
    if (r < 0) {
        vr_wfdb_header_finish(&header);
        return r;
    }
    *ret_header = header;
    return 0;
}

void vr_wfdb_header_finish(struct vr_wfdb_header *header)
{
    if (!header)
        return;
    free(header->signals);
    header->signals = NULL;
    header->signal_count = 0;
}
