/* Reader and writer mirror each other: whatever the reader takes, the writer's bytes read back
 * equal. */
#include "dataset/wfdb_annotation.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/draft.h"
#include "dataset/folder.h"
#include "dataset/slice.h"

#define INTERVAL_MAX 0x3ff
#define RESOLUTION_KEY "## time resolution: "

struct reader {
    const uint8_t *bytes;
    size_t size;
    size_t at;
    const char *display;
    struct vr_rate rate;       /* of the times handed out */
    struct vr_rate resolution; /* of the times in the file */
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

/* A note about the file.  Only the time resolution matters here; names for codes do not. */
static int table_line_read(struct reader *reader)
{
    static const char key[] = RESOLUTION_KEY;
    struct vr_slice text = reader->text;
    if (text.size < sizeof key - 1 || memcmp(text.text, key, sizeof key - 1) != 0)
        return 0;
    text.text += sizeof key - 1;
    text.size -= sizeof key - 1;
    text = vr_slice_trim(text);
    if (!vr_rate_parse(text.text, text.size, &reader->resolution))
        return reader_fail(
            reader, (size_t)((const uint8_t *)text.text - reader->bytes),
            "the time resolution must be a number of ticks per second above 0");
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
        return table_line_read(reader);
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
        unsigned code = word >> 10, interval = word & INTERVAL_MAX;
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

/* AHA files begin with a 0 and a beat's letter. */
static bool looks_like_aha(unsigned low, unsigned high)
{
    return low == 0 && high != 0 && strchr("EFNOPQRUV", (int)high);
}

int vr_wfdb_annotation_parse(
    const uint8_t *bytes, size_t size, const char *display, struct vr_rate rate,
    struct vr_annotations *ret_list, struct vr_err *err)
{
    assert(ret_list->count == 0);
    struct reader reader = {
        .bytes = bytes,
        .size = size,
        .display = display,
        .rate = rate,
        .resolution = rate,
        .leading = true,
        .err = err,
    };
    if (size >= 2 && looks_like_aha(bytes[0], bytes[1]))
        return reader_fail(
            &reader, 0,
            "an annotation file in AHA format, which is not supported; convert it to MIT format");
    int r = words_read(&reader, ret_list);
    if (r < 0)
        vr_annotations_finish(ret_list);
    return r;
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

struct writer {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
    bool failed; /* out of memory or above the limit; checked once per annotation */
};

static void bytes_put(struct writer *writer, const void *data, size_t size)
{
    if (writer->failed || writer->size + size > VR_WFDB_ANNOTATION_SIZE_MAX) {
        writer->failed = true;
        return;
    }
    if (writer->size + size > writer->capacity) {
        size_t capacity = 2 * writer->capacity + size + 1024;
        uint8_t *bytes = realloc(writer->bytes, capacity);
        if (!bytes) {
            writer->failed = true;
            return;
        }
        writer->bytes = bytes;
        writer->capacity = capacity;
    }
    memcpy(writer->bytes + writer->size, data, size);
    writer->size += size;
}

static void word_put(struct writer *writer, unsigned code, unsigned value)
{
    unsigned word = code << 10 | (value & INTERVAL_MAX);
    bytes_put(writer, (uint8_t[]){(uint8_t)word, (uint8_t)(word >> 8)}, 2);
}

static void skip_put(struct writer *writer, int64_t interval)
{
    uint32_t bits = (uint32_t)interval;
    word_put(writer, VR_WFDB_SKIP, 0);
    bytes_put(
        writer,
        (uint8_t[]){
            (uint8_t)(bits >> 16), (uint8_t)(bits >> 24), (uint8_t)bits, (uint8_t)(bits >> 8)},
        4);
}

/* An annotation's own word, with skips before it as far as its interval does not fit. */
static void event_put(struct writer *writer, unsigned code, int64_t interval)
{
    for (; interval > INT32_MAX; interval -= INT32_MAX)
        skip_put(writer, INT32_MAX);
    for (; interval < INT32_MIN; interval -= INT32_MIN)
        skip_put(writer, INT32_MIN);
    unsigned high = code << 2 | (unsigned)(interval >> 8 & 3);
    bool mistaken = writer->size == 0 && looks_like_aha((unsigned)interval & 0xff, high);
    if (interval < 0 || interval > INTERVAL_MAX || mistaken) {
        skip_put(writer, interval);
        interval = 0;
    }
    word_put(writer, code, (unsigned)interval);
}

/* The null annotation that says that no notes about the file come, or no more: a word of 0 would
 * end the file, so it goes one tick back and one forth. */
static void null_put(struct writer *writer)
{
    skip_put(writer, -1);
    word_put(writer, VR_WFDB_NULL, 1);
}

static int item_check(const struct vr_annotations *list, size_t index, struct vr_err *err)
{
    const struct vr_annotation *item = &list->items[index];
    if (item->code < 1 || item->code > VR_WFDB_CODE_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "annotation %zu: code %d is not in 1..%d, which the MIT format can hold", index,
            item->code, VR_WFDB_CODE_MAX);
    if (item->text && strlen(item->text) > VR_WFDB_TEXT_SIZE_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "annotation %zu: its text has %zu bytes; the MIT format holds %d",
            index, strlen(item->text), VR_WFDB_TEXT_SIZE_MAX);
    if (item->sample_index > VR_WFDB_TICK_MAX || item->sample_index < -VR_WFDB_TICK_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "annotation %zu: time %" PRId64 " lies years outside any record",
            index, item->sample_index);
    return 0;
}

static void text_put(struct writer *writer, const char *text)
{
    size_t size = strlen(text);
    word_put(writer, VR_WFDB_AUX, (unsigned)size);
    bytes_put(writer, text, size);
    bytes_put(writer, "", size % 2);
}

/* `before` is what the reader remembers of the annotation before: its time, channel and number. */
static void item_put(
    struct writer *writer, const struct vr_annotation *item, struct vr_annotation *before)
{
    event_put(writer, item->code, item->sample_index - before->sample_index);
    if (item->subtype)
        word_put(writer, VR_WFDB_SUB, (uint8_t)item->subtype);
    if (item->channel != before->channel)
        word_put(writer, VR_WFDB_CHN, item->channel);
    if (item->number != before->number)
        word_put(writer, VR_WFDB_NUM, (uint8_t)item->number);
    if (item->text && item->text[0])
        text_put(writer, item->text);
    *before = *item;
}

/* The note about the file that names its ticks. */
static int resolution_put(struct writer *writer, struct vr_rate resolution, struct vr_err *err)
{
    char text[64];
    if (!vr_rate_print(resolution, text, sizeof text))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "a time resolution of %" PRIu32 "/%" PRIu32 " Hz has no decimal that a file can hold",
            resolution.num, resolution.den);
    word_put(writer, VR_CODE_NOTE, 0);
    char note[sizeof RESOLUTION_KEY + sizeof text];
    snprintf(note, sizeof note, RESOLUTION_KEY "%s", text);
    text_put(writer, note);
    null_put(writer);
    return 0;
}

int vr_wfdb_annotation_encode(
    const struct vr_annotations *list, const struct vr_rate *resolution, uint8_t **ret_bytes,
    size_t *ret_size, struct vr_err *err)
{
    struct writer writer = {0};
    struct vr_annotation before = {0};
    int r = resolution ? resolution_put(&writer, *resolution, err) : 0;
    for (size_t i = 0; i < list->count && r == 0 && !writer.failed; i++) {
        const struct vr_annotation *item = &list->items[i];
        r = item_check(list, i, err);
        if (i == 0 && !resolution && item->sample_index == 0 && item->code == VR_CODE_NOTE &&
            item->subtype == 0)
            null_put(&writer);
        if (r == 0)
            item_put(&writer, item, &before);
    }
    word_put(&writer, VR_WFDB_NULL, 0);
    if (r == 0 && writer.failed)
        r = vr_err_set(
            err, VR_ERR_NO_MEMORY,
            "no memory for a file of %zu annotations, or it has above %zu bytes", list->count,
            VR_WFDB_ANNOTATION_SIZE_MAX);
    if (r < 0) {
        free(writer.bytes);
        return r;
    }
    *ret_bytes = writer.bytes;
    *ret_size = writer.size;
    return 0;
}

int vr_wfdb_annotation_write(
    const char *path, const struct vr_annotations *list, const struct vr_rate *resolution,
    struct vr_err *err)
{
    _cleanup_free_ uint8_t *bytes = NULL;
    size_t size;
    int r = vr_wfdb_annotation_encode(list, resolution, &bytes, &size, err);
    if (r < 0)
        return r;
    _cleanup_(vr_draft_close) struct vr_draft draft = {0};
    r = vr_draft_open(&draft, path, err);
    if (r < 0)
        return r;
    fwrite(bytes, 1, size, draft.file); /* commit finds a failure */
    return vr_draft_commit(&draft, err);
}
