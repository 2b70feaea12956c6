/* One function for each field that has a grammar of its own. */
#include "dataset/wfdb_header_signal.h"

#include <string.h>

#include "dataset/folder.h"

/* "No value is larger than" for fields that VitalRig keeps but never counts with. */
#define INTEGER_MIN INT64_C(-4611686018427387904)
#define INTEGER_MAX INT64_C(4611686018427387904)

/* A whole number, also one that a program wrote as a real: "0.0". */
static bool whole_number(struct vr_slice field, int64_t min, int64_t max, int64_t *ret_value)
{
    struct vr_slice rest = field, whole = vr_slice_take(&rest, ".");
    for (size_t i = 1; i < rest.size; i++)
        if (rest.text[i] != '0')
            return false;
    return rest.size != 1 && vr_slice_integer(whole, min, max, ret_value);
}

/* A description that is too long is cut, not inside a character of several bytes. */
static void name_copy(struct vr_slice text, char ret_name[VR_NAME_SIZE])
{
    size_t size = text.size < VR_NAME_SIZE ? text.size : VR_NAME_SIZE - 1;
    while (size < text.size && size > 0 && ((unsigned char)text.text[size] & 0xc0) == 0x80)
        size--;
    memcpy(ret_name, text.text, size);
    ret_name[size] = '\0';
}

/* FMT['x'SPF][':'SKEW]['+'OFFSET], the modifiers in any order. */
static int format_parse(
    const struct vr_wfdb_lines *lines, struct vr_slice field, struct vr_wfdb_signal *signal)
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
        return vr_wfdb_lines_fail(
            lines, "the format \"%.*s\" must begin with a number, as in 212", VR_SLICE_SHOWN(all));

    while (field.size) {
        size_t which = (size_t)(strchr(modifiers, field.text[0]) - modifiers);
        vr_slice_skip(&field, field.text[0]);
        if (values[which].given || !vr_slice_integer(
                                       vr_slice_take(&field, modifiers), INTEGER_MIN,
                                       values[which].max, &values[which].value))
            return vr_wfdb_lines_fail(
                lines,
                "the format \"%.*s\" must be FORMAT, then at most one each of xSAMPLES, :SKEW and "
                "+OFFSET, each with a number",
                VR_SLICE_SHOWN(all));
        values[which].given = true;
    }
    if (values[2].value < 0)
        return vr_wfdb_lines_fail(
            lines, "the format \"%.*s\" has a byte offset below 0", VR_SLICE_SHOWN(all));
    signal->format = (int)format;
    signal->samples_per_frame = (uint32_t)(values[0].value < 1 ? 1 : values[0].value);
    signal->skew_frames = values[1].value < 0 ? 0 : values[1].value;
    signal->byte_offset = values[2].value;
    return 0;
}

/* GAIN['('BASELINE')']['/'UNITS] */
static int gain_parse(
    const struct vr_wfdb_lines *lines, struct vr_slice field, struct vr_wfdb_signal *signal,
    bool *ret_baseline_given)
{
    struct vr_slice all = field;
    struct vr_slice number = vr_slice_take(&field, "(/");
    if (number.size && !vr_slice_real(number, &signal->gain)) /* none is no calibration */
        return vr_wfdb_lines_fail(
            lines, "the gain \"%.*s\" must be a number, as in 200 or 200(1024)/mV",
            VR_SLICE_SHOWN(all));
    *ret_baseline_given = vr_slice_skip(&field, '(');
    if (*ret_baseline_given) {
        int64_t baseline;
        if (!whole_number(vr_slice_take(&field, ")"), INT32_MIN, INT32_MAX, &baseline) ||
            !vr_slice_skip(&field, ')'))
            return vr_wfdb_lines_fail(
                lines, "the baseline in \"%.*s\" must be a whole number of 32 bits in brackets",
                VR_SLICE_SHOWN(all));
        signal->baseline = (int32_t)baseline;
    }
    if (vr_slice_skip(&field, '/') && field.size)
        return vr_wfdb_lines_copy(lines, "unit", field, signal->unit, sizeof signal->unit);
    if (field.size)
        return vr_wfdb_lines_fail(
            lines, "\"%.*s\" in \"%.*s\": only /UNIT may follow the gain", VR_SLICE_SHOWN(field),
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
    const struct vr_wfdb_lines *lines, struct vr_slice *line, struct vr_wfdb_signal *signal)
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
        bool wide = i == 3; /* some writers do not cut the checksum to 16 bits */
        if (field.size && !whole_number(
                              field, wide ? INTEGER_MIN : INT32_MIN, wide ? INTEGER_MAX : INT32_MAX,
                              &fields[i].value))
            return vr_wfdb_lines_fail(
                lines, "the %s \"%.*s\" must be a whole number of 32 bits", fields[i].what,
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

int vr_wfdb_header_signal_parse(
    const struct vr_wfdb_lines *lines, struct vr_slice line, struct vr_wfdb_signal *signal)
{
    signal->line = lines->number;
    struct vr_slice file = vr_slice_word(&line);
    int r = vr_wfdb_lines_copy(lines, "file name", file, signal->file, sizeof signal->file);
    if (r < 0)
        return r;
    bool no_file = strcmp(signal->file, VR_WFDB_NO_FILE) == 0;
    const char *fault = no_file ? NULL : vr_folder_name_fault(signal->file);
    if (fault)
        return vr_wfdb_lines_fail(
            lines, "the file name \"%.*s\" %s; name a file beside the header or below it",
            VR_SLICE_SHOWN(file), fault);

    struct vr_slice format = vr_slice_word(&line), gain = vr_slice_word(&line);
    if (format.size == 0)
        return vr_wfdb_lines_fail(
            lines, "no format behind the file name; write FILE and FORMAT, as in 100.dat 212");
    r = format_parse(lines, format, signal);
    if (r == 0 && no_file && signal->format != 0)
        r = vr_wfdb_lines_fail(
            lines, "the file name \"~\" means that there is none, which is format 0, not %d",
            signal->format);
    bool baseline_given = false;
    memcpy(signal->unit, "mV", sizeof "mV");
    if (r == 0 && gain.size)
        r = gain_parse(lines, gain, signal, &baseline_given);
    if (r == 0)
        r = numbers_parse(lines, &line, signal);
    if (r < 0)
        return r;
    if (!baseline_given)
        signal->baseline = signal->adc_zero;
    name_copy(vr_slice_trim(line), signal->name);
    return 0;
}
