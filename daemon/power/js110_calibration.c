/* Records in a record, and JSON in one of them. */
#include "power/js110_calibration.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "wire/bytes.h"

#define TAG_HEADER 8
#define TAG_MASK 0xffffff
#define TAG_JSON 0x534a41 /* "AJS" */

static int refuse(struct vr_err *err, const char *why)
{
    return vr_err_set(
        err, VR_ERR_INPUT, "the JS110's calibration record %s; let the maker's software restore it",
        why);
}

/* Bit by bit: a record of 1 KiB is read once. */
static uint32_t crc32_of(const uint8_t *data, size_t size)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

int vr_js110_calibration_size(
    const uint8_t header[VR_JS110_CALIBRATION_HEADER], size_t *ret_size, struct vr_err *err)
{
    static const uint8_t magic[16] = "\xd3tagfmt \r\n \n  \x1a\x1c";
    uint64_t size = wire_get_u64(header + 16);
    if (memcmp(header, magic, sizeof magic) != 0)
        return refuse(err, "does not begin as one");
    if (crc32_of(header, 28) != wire_get_u32(header + 28))
        return refuse(err, "has a damaged header");
    if (size < VR_JS110_CALIBRATION_HEADER || size > VR_JS110_CALIBRATION_MAX)
        return refuse(err, "has a size that cannot be");
    *ret_size = (size_t)size;
    return 0;
}

/* --- JSON --- */

/* NaN, which JSON does not have, becomes null; elsewhere than in strings.  `out` has room for 4/3 of the text. */
static size_t without_nan(const char *text, size_t size, char *out)
{
    size_t used = 0;
    bool is_string = false;
    for (size_t i = 0; i < size; i++) {
        if (is_string && text[i] == '\\' && i + 1 < size) {
            out[used++] = text[i++];
        } else if (text[i] == '"') {
            is_string = !is_string;
        } else if (!is_string && size - i >= 3 && memcmp(text + i, "NaN", 3) == 0) {
            memcpy(out + used, "null", 4);
            used += 4;
            i += 2;
            continue;
        }
        out[used++] = text[i];
    }
    return used;
}

static const struct vr_json *member(const struct vr_json *node, const char *key)
{
    return node && vr_json_kind(node) == VR_JSON_OBJECT ? vr_json_get(node, key) : NULL;
}

static const struct vr_json *first_of(const struct vr_json *node)
{
    return node && vr_json_kind(node) == VR_JSON_ARRAY ? vr_json_first(node) : NULL;
}

static double number_of(const struct vr_json *node)
{
    return node && vr_json_kind(node) == VR_JSON_NUMBER ? vr_json_number(node) : (double)NAN;
}

/* Whether every range has both, and they can be. */
static bool read_lines(const struct vr_json *node, struct vr_js110_line *lines, int count)
{
    const struct vr_json *offset = first_of(member(node, "offset"));
    const struct vr_json *gain = first_of(member(node, "gain"));
    for (int i = 0; i < count; i++) {
        lines[i] = (struct vr_js110_line){number_of(offset), number_of(gain)};
        if (!isfinite(lines[i].offset) || !isfinite(lines[i].gain) || lines[i].gain <= 0)
            return false;
        offset = vr_json_next(offset);
        gain = vr_json_next(gain);
    }
    return true;
}

static int read_json(
    const uint8_t *data, size_t size, struct vr_js110_calibration *calibration, struct vr_err *err)
{
    _cleanup_free_ char *text = malloc(size + size / 3 + 1);
    struct vr_json_doc *doc;
    if (!text)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the JS110's calibration");
    size_t used = without_nan((const char *)data, strnlen((const char *)data, size), text);
    if (vr_json_doc_create(text, used, "calibration of the JS110", &doc, err) < 0)
        return -VR_ERR_INPUT;
    const struct vr_json *root = vr_json_doc_root(doc);
    bool is_whole =
        read_lines(member(root, "current"), calibration->current, VR_JS110_CURRENT_RANGES) &&
        read_lines(member(root, "voltage"), calibration->voltage, VR_JS110_VOLTAGE_RANGES);
    vr_json_doc_destroy(doc);
    return is_whole ? 0 : refuse(err, "lacks the offset or gain of a range");
}

/* --- the record --- */

int vr_js110_calibration_read(
    const uint8_t *record, size_t size, struct vr_js110_calibration *ret_calibration,
    struct vr_err *err)
{
    size_t whole;
    if (size < VR_JS110_CALIBRATION_HEADER)
        return refuse(err, "is cut off");
    int r = vr_js110_calibration_size(record, &whole, err);
    if (r < 0)
        return r;
    if (whole > size)
        return refuse(err, "is cut off");
    bool has_json = false;
    for (size_t at = VR_JS110_CALIBRATION_HEADER; r == 0 && whole - at >= TAG_HEADER + 4;) {
        size_t data = wire_get_u32(record + at + 4);
        if (data > whole - at - TAG_HEADER - 4)
            return refuse(err, "is cut off");
        size_t part = (TAG_HEADER + data + 4 + 7) / 8 * 8;
        if (part > whole - at)
            return refuse(err, "is cut off");
        if (crc32_of(record + at, part - 4) != wire_get_u32(record + at + part - 4))
            return refuse(err, "is damaged");
        if ((wire_get_u32(record + at) & TAG_MASK) == TAG_JSON) {
            r = read_json(record + at + TAG_HEADER, data, ret_calibration, err);
            has_json = true;
        }
        at += part;
    }
    return r < 0 || has_json ? r : refuse(err, "has no numbers in it");
}
