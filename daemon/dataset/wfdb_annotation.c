/* The reader's mirror is in wfdb_annotation_write.c: whatever is read here, its bytes read back equal.
 */
#include "dataset/wfdb_annotation.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/folder.h"
#include "dataset/slice.h"
#include "dataset/wfdb_aha.h"

struct reader {
    const uint8_t *bytes;
    size_t size;
    size_t at;
    const char *display;
    struct vr_rate rate;       /* of the times handed out */
    struct vr_rate resolution; /* of the times in the file */
    bool fine;                 /* keep the latter, where they are finer */
    bool leading;              /* still in the notes about the file */
    bool open;                 /* `item` waits for its modifiers */
    int64_t item_tick;
    struct vr_annotation item;
    struct vr_slice text;
    int64_t tick; /* reached so far */
    struct vr_err *err;
};

static int reader_fail(const struct reader *reader, size_t at, const char *what)
{
    return vr_err_set(reader->err, VR_ERR_INPUT, "%s: byte %zu: %s", reader->display, at, what);
}

static int word_next(struct reader *reader, unsigned *ret_word)
{
    if (reader->size - reader->at < 2)
        return reader_fail(
            reader, reader->size, "the file ends without its end mark; it was cut: fetch it again");
    *ret_word = (unsigned)(reader->bytes[reader->at] | reader->bytes[reader->at + 1] << 8);
    reader->at += 2;
    return 0;
}

static int skip_read(struct reader *reader)
{
    unsigned high = 0, low = 0;
    int r = word_next(reader, &high);
    if (r == 0)
        r = word_next(reader, &low);
    if (r == 0)
        reader->tick += (int32_t)((uint32_t)high << 16 | low);
    return r;
}

static int text_read(struct reader *reader, size_t size)
{
    if (reader->size - reader->at < size + size % 2)
        return reader_fail(
            reader, reader->size, "the file ends inside a text; it was cut: fetch it again");
    const char *text = (const char *)reader->bytes + reader->at;
    reader->text = (struct vr_slice){text, strnlen(text, size)}; /* old files count a NUL */
    reader->at += size + size % 2;
    return 0;
}

static int modifier_read(struct reader *reader, unsigned code, unsigned value)
{
    size_t at = reader->at - 2;
    if (code == VR_WFDB_SKIP)
        return value ? reader_fail(
                           reader, at,
                           "a skip with an interval of its own; this is no MIT annotation file")
                     : skip_read(reader);
    if (!reader->open)
        return reader_fail(
            reader, at, "a modifier before the first annotation; this is no MIT annotation file");
    switch (code) {
    case VR_WFDB_NUM:
        reader->item.number = (int8_t)value;
        return 0;
    case VR_WFDB_SUB:
        reader->item.subtype = (int8_t)value;
        return 0;
    case VR_WFDB_CHN:
        reader->item.channel = (uint8_t)value;
        return 0;
    default:
        return text_read(reader, value & 0xff);
    }
}

/* "CODE MNEMONIC DESCRIPTION"; other notes say nothing about codes. */
static int definition_read(struct reader *reader, struct vr_slice text, struct vr_annotations *list)
{
    int64_t code;
    struct vr_slice number = vr_slice_word(&text);
    text = vr_slice_trim(text);
    if (!vr_slice_integer(number, 1, VR_WFDB_CODE_MAX, &code) || text.size == 0)
        return 0;
    char *copy = strndup(text.text, text.size);
    if (!copy)
        return vr_err_set(
            reader->err, VR_ERR_NO_MEMORY, "%s: no memory for its codes", reader->display);
    free(list->definitions[code]);
    list->definitions[code] = copy;
    return 0;
}

/* A note about the file: its time resolution, or the meaning of a code. */
static int table_line_read(struct reader *reader, struct vr_annotations *list)
{
    static const char key[] = VR_WFDB_RESOLUTION_KEY;
    struct vr_slice text = reader->text;
    if (text.size == 0)
        return 0;
    if (text.size < sizeof key - 1 || memcmp(text.text, key, sizeof key - 1) != 0)
        return definition_read(reader, text, list);
    text.text += sizeof key - 1;
    text.size -= sizeof key - 1;
    text = vr_slice_trim(text);
    if (!vr_rate_parse(text.text, text.size, &reader->resolution))
        return reader_fail(
            reader, (size_t)((const uint8_t *)text.text - reader->bytes),
            "the time resolution must be a number of ticks per second above 0");
    bool finer = (uint64_t)reader->resolution.num * reader->rate.den >
                 (uint64_t)reader->rate.num * reader->resolution.den;
    if (reader->fine && finer) {
        reader->rate = reader->resolution;
        list->rate_num = reader->rate.num;
        list->rate_den = reader->rate.den;
    }
    return 0;
}

/* All modifiers of the open annotation are known: hand it out, unless it is no event. */
static int item_finish(struct reader *reader, struct vr_annotations *list)
{
    struct vr_annotation *item = &reader->item;
    if (!reader->open)
        return 0;
    reader->open = false;
    if (item->code == VR_WFDB_NULL) {
        reader->leading = false;
        return 0;
    }
    if (reader->leading && reader->item_tick == 0 && item->code == VR_CODE_NOTE &&
        item->subtype == 0)
        return table_line_read(reader, list);
    reader->leading = false;
    if (!vr_rate_convert(
            reader->item_tick, reader->resolution, reader->rate, &item->sample_index) ||
        item->sample_index > VR_WFDB_TICK_MAX || item->sample_index < -VR_WFDB_TICK_MAX)
        return reader_fail(
            reader, reader->at - 2,
            "the annotation before this byte lies years outside any record");
    return vr_annotations_add(list, item, reader->text.text, reader->text.size, reader->err);
}

static void item_start(struct reader *reader, unsigned code)
{
    /* Channel and number stay as they are. */
    reader->item.code = (uint8_t)code;
    reader->item.subtype = 0;
    reader->text = (struct vr_slice){NULL, 0};
    reader->item_tick = reader->tick;
    reader->open = true;
}

/* Zeros may fill the file up to a block; anything else means that a hole of zeros ended it early. */
static int end_check(const struct reader *reader)
{
    for (size_t i = reader->at; i < reader->size; i++)
        if (reader->bytes[i])
            return reader_fail(
                reader, i, "data behind the end mark; the file is damaged: fetch it again");
    return 0;
}

static int words_read(struct reader *reader, struct vr_annotations *list)
{
    for (;;) {
        unsigned word = 0;
        int r = word_next(reader, &word);
        if (r < 0)
            return r;
        unsigned code = word >> 10, interval = word & VR_WFDB_INTERVAL_MAX;
        if (code >= VR_WFDB_SKIP) {
            r = modifier_read(reader, code, interval);
        } else if (code > VR_WFDB_CODE_MAX) {
            r = reader_fail(
                reader, reader->at - 2,
                "a code from 50 to 58, which no format has; this is no MIT annotation file");
        } else {
            r = item_finish(reader, list);
            if (r == 0 && word == 0)
                return end_check(reader);
            reader->tick += interval;
            item_start(reader, code);
        }
        if (r < 0)
            return r;
    }
}

static int parse(
    const uint8_t *bytes, size_t size, const char *display, struct vr_rate rate, bool fine,
    struct vr_annotations *ret_list, struct vr_err *err)
{
    assert(ret_list->count == 0);
    struct reader reader = {
        .bytes = bytes,
        .size = size,
        .display = display,
        .rate = rate,
        .resolution = rate,
        .fine = fine,
        .leading = true,
        .err = err,
    };
    int r = size >= 2 && vr_wfdb_aha_begins(bytes[0], bytes[1])
                ? vr_wfdb_aha_parse(bytes, size, display, ret_list, err)
                : words_read(&reader, ret_list);
    if (r < 0)
        vr_annotations_finish(ret_list);
    return r;
}

int vr_wfdb_annotation_parse(
    const uint8_t *bytes, size_t size, const char *display, struct vr_rate rate,
    struct vr_annotations *ret_list, struct vr_err *err)
{
    return parse(bytes, size, display, rate, false, ret_list, err);
}

int vr_wfdb_annotation_parse_fine(
    const uint8_t *bytes, size_t size, const char *display, struct vr_rate rate,
    struct vr_annotations *ret_list, struct vr_err *err)
{
    return parse(bytes, size, display, rate, true, ret_list, err);
}

int vr_wfdb_annotation_read_file(
    const char *path, struct vr_rate rate, struct vr_annotations *ret_list, struct vr_err *err)
{
    _cleanup_free_ uint8_t *bytes = NULL;
    size_t size;
    int r = vr_folder_load_path(path, VR_WFDB_ANNOTATION_SIZE_MAX, &bytes, &size, err);
    if (r < 0)
        return r;
    return vr_wfdb_annotation_parse(bytes, size, path, rate, ret_list, err);
}
