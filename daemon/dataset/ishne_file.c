/* The header has one layout, so a field is a constant offset. */
#include "dataset/ishne_file.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dataset/note.h"

enum {
    AT_CHECKSUM = 8,
    AT_VARIABLE_SIZE = 10,
    AT_LEAD_SAMPLES = 14,
    AT_VARIABLE = 18,
    AT_DATA = 22,
    AT_LEAD_COUNT = 156,
    AT_SPECIFICATIONS = 158,
    AT_RESOLUTIONS = 206,
    AT_RATE = 272,
};

static int16_t read_16(const uint8_t *bytes)
{
    return (int16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t read_32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static int fail(const char *display, size_t offset, struct vr_err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int fail(const char *display, size_t offset, struct vr_err *err, const char *format, ...)
{
    char text[VR_ERR_TEXT_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return vr_err_set(err, VR_ERR_INPUT, "%s: byte %zu: %s", display, offset, text);
}

uint16_t vr_ishne_crc(uint16_t crc, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc ^= (uint16_t)(bytes[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

const char *vr_ishne_lead_name(int16_t specification)
{
    static const char *const names[] = {NULL,  NULL,  "X",   "Y",   "Z",  "I",  "II",
                                        "III", "aVR", "aVL", "aVF", "V1", "V2", "V3",
                                        "V4",  "V5",  "V6",  "ES",  "AS", "AI"};
    size_t count = sizeof names / sizeof names[0];
    return specification >= 0 && (size_t)specification < count ? names[specification] : NULL;
}

/* Where the data begin, and that the variable block lies before them. */
static int offsets_read(
    const uint8_t *bytes, int64_t file_size, const char *display, struct vr_ishne_header *header,
    struct vr_err *err)
{
    int64_t variable_size = (int32_t)read_32(bytes + AT_VARIABLE_SIZE);
    int64_t variable = (int32_t)read_32(bytes + AT_VARIABLE);
    int64_t data = (int32_t)read_32(bytes + AT_DATA);
    int64_t behind = VR_ISHNE_FIXED_SIZE + variable_size;
    if (variable_size < 0 || variable_size > VR_ISHNE_VARIABLE_SIZE_MAX || behind > file_size)
        return fail(
            display, AT_VARIABLE_SIZE, err,
            "a variable block of %" PRId64 " bytes does not fit into a file of %" PRId64,
            variable_size, file_size);
    if (variable != VR_ISHNE_FIXED_SIZE && variable_size > 0)
        vr_note(
            header->notes, "the variable block is said to begin at byte %" PRId64 ", not 522",
            variable);
    header->data_offset = behind;
    /* Makers of annotation files leave what stands in the recording's header. */
    if (data != behind && !header->is_annotations) {
        if (data < behind || data > file_size)
            return fail(
                display, AT_DATA, err,
                "the samples are said to begin at byte %" PRId64 ", but the header ends at %" PRId64
                " and the file at %" PRId64,
                data, behind, file_size);
        vr_note(header->notes, "%" PRId64 " bytes between header and samples", data - behind);
        header->data_offset = data;
    }
    return 0;
}

static int leads_read(
    const uint8_t *bytes, int64_t file_size, const char *display, struct vr_ishne_header *header,
    struct vr_err *err)
{
    int lead_count = read_16(bytes + AT_LEAD_COUNT);
    if (lead_count < 1 || lead_count > VR_ISHNE_LEADS_MAX)
        return fail(
            display, AT_LEAD_COUNT, err, "%d leads; there must be 1 to %d", lead_count,
            VR_ISHNE_LEADS_MAX);
    header->lead_count = (size_t)lead_count;
    for (size_t i = 0; i < header->lead_count; i++) {
        header->leads[i].specification = read_16(bytes + AT_SPECIFICATIONS + 2 * i);
        header->leads[i].resolution_nv = read_16(bytes + AT_RESOLUTIONS + 2 * i);
    }
    header->lead_samples = (int32_t)read_32(bytes + AT_LEAD_SAMPLES);
    if (header->is_annotations)
        return 0;
    int64_t frame_size = 2 * (int64_t)header->lead_count;
    int64_t held = (file_size - header->data_offset) / frame_size;
    int64_t surplus = file_size - header->data_offset - header->lead_samples * frame_size;
    /* The standard leaves open whether it counts samples of one lead or of all. */
    if (header->lead_samples > held && header->lead_samples == held * lead_count && surplus < 0) {
        vr_note(header->notes, "the number of samples is that of all leads together");
        header->lead_samples = held;
        surplus = file_size - header->data_offset - held * frame_size;
    }
    if (header->lead_samples < 1 || surplus < 0)
        return fail(
            display, AT_LEAD_SAMPLES, err,
            "%" PRId64 " samples of %d leads are told of, but the file, of %" PRId64
            " bytes, holds %" PRId64 "; it was cut: fetch it again",
            header->lead_samples, lead_count, file_size, held);
    if (surplus > 0)
        vr_note(header->notes, "%" PRId64 " bytes behind the last sample", surplus);
    return 0;
}

int vr_ishne_header_parse(
    const uint8_t *bytes, size_t size, int64_t file_size, const char *display,
    struct vr_ishne_header *ret_header, struct vr_err *err)
{
    struct vr_ishne_header header = {0};
    if (size < VR_ISHNE_FIXED_SIZE)
        return fail(
            display, size, err, "the file ends inside the header, which has at least %d bytes",
            VR_ISHNE_FIXED_SIZE);
    header.is_annotations = memcmp(bytes, "ANN  1.0", 8) == 0;
    if (!header.is_annotations && memcmp(bytes, "ISHNE1.0", 8) != 0)
        return fail(
            display, 0, err,
            "begins neither with \"ISHNE1.0\" nor with \"ANN  1.0\"; it is another kind of file");
    header.checksum = (uint16_t)read_16(bytes + AT_CHECKSUM);
    int rate_hz = read_16(bytes + AT_RATE);
    if (rate_hz < 1)
        return fail(display, AT_RATE, err, "the sampling rate of %d Hz must be above 0", rate_hz);
    header.rate_hz = (uint32_t)rate_hz;
    int r = offsets_read(bytes, file_size, display, &header, err);
    if (r == 0)
        r = leads_read(bytes, file_size, display, &header, err);
    if (r < 0)
        return r;
    *ret_header = header;
    return 0;
}

/* --- annotations --- */

static uint8_t beat_code(uint8_t label)
{
    static const struct {
        char label;
        uint8_t code;
    } codes[] = {
        {'N', VR_CODE_NORMAL}, {'V', VR_CODE_PVC},     {'S', VR_CODE_SVPB},  {'B', VR_CODE_BBB},
        {'P', VR_CODE_PACE},   {'U', VR_CODE_UNKNOWN}, {'X', VR_CODE_ARFCT},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].label == label)
            return codes[i].code;
    return 0;
}

int vr_ishne_annotations_parse(
    const uint8_t *bytes, size_t size, const char *display, struct vr_annotations *ret_list,
    struct vr_err *err)
{
    if (size < 4 || size % 4)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: %zu bytes behind the header are no whole number of annotations; the file was cut",
            display, size);
    struct vr_annotations list = {0};
    int64_t sample = read_32(bytes);
    for (size_t i = 4; i < size; i += 4) {
        char label = (char)bytes[i];
        sample += (uint16_t)read_16(bytes + i + 2);
        if (label == '!')
            continue;
        uint8_t code = beat_code(bytes[i]);
        struct vr_annotation item = {.sample_index = sample, .code = code ? code : VR_CODE_EVENT};
        bool is_shown = label > ' ' && label < 0x7f;
        const char *text = is_shown ? &label : "?";
        int r = vr_annotations_add(&list, &item, code ? NULL : text, 1, err);
        if (r < 0) {
            vr_annotations_finish(&list);
            return r;
        }
    }
    *ret_list = list;
    return 0;
}
