/* Annotations to bytes in MIT format. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/draft.h"
#include "dataset/wfdb_aha.h"
#include "dataset/wfdb_annotation.h"

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
    unsigned word = code << 10 | (value & VR_WFDB_INTERVAL_MAX);
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
    bool mistaken = writer->size == 0 && vr_wfdb_aha_begins((unsigned)interval & 0xff, high);
    if (interval < 0 || interval > VR_WFDB_INTERVAL_MAX || mistaken) {
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
    if (item->text)
        text_put(writer, item->text);
    *before = *item;
}

/* A note about the file. */
static void note_put(struct writer *writer, const char *text)
{
    word_put(writer, VR_CODE_NOTE, 0);
    text_put(writer, text);
}

static int resolution_put(struct writer *writer, struct vr_rate resolution, struct vr_err *err)
{
    char decimal[64], note[sizeof VR_WFDB_RESOLUTION_KEY + sizeof decimal];
    if (!vr_rate_print(resolution, decimal, sizeof decimal))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "a time resolution of %" PRIu32 "/%" PRIu32 " Hz has no decimal that a file can hold",
            resolution.num, resolution.den);
    snprintf(note, sizeof note, VR_WFDB_RESOLUTION_KEY "%s", decimal);
    note_put(writer, note);
    return 0;
}

static int definition_put(struct writer *writer, size_t code, const char *text, struct vr_err *err)
{
    char note[VR_WFDB_TEXT_SIZE_MAX + 1];
    int size = snprintf(note, sizeof note, "%zu %s", code, text);
    if (size < 0 || size >= (int)sizeof note)
        return vr_err_set(
            err, VR_ERR_INPUT, "the definition of code %zu has above %d bytes; shorten it", code,
            VR_WFDB_TEXT_SIZE_MAX - 4);
    note_put(writer, note);
    return 0;
}

/* What the file itself says of ticks and codes, and the mark behind it; nothing, or only the mark
 * where the first annotation would be taken for such a note. */
static int table_put(
    struct writer *writer, const struct vr_annotations *list, const struct vr_rate *resolution,
    struct vr_err *err)
{
    const struct vr_annotation *first = list->count ? &list->items[0] : NULL;
    bool mark =
        first && first->sample_index == 0 && first->code == VR_CODE_NOTE && first->subtype == 0;
    bool defined = false;
    int r = resolution ? resolution_put(writer, *resolution, err) : 0;
    for (size_t code = 1; r == 0 && code <= VR_WFDB_CODE_MAX; code++) {
        if (!list->definitions[code])
            continue;
        if (!defined)
            note_put(writer, "## annotation type definitions");
        defined = true;
        r = definition_put(writer, code, list->definitions[code], err);
    }
    if (defined)
        note_put(writer, "## end of definitions");
    if (mark || defined || resolution)
        null_put(writer);
    return r;
}

int vr_wfdb_annotation_encode(
    const struct vr_annotations *list, const struct vr_rate *resolution, uint8_t **ret_bytes,
    size_t *ret_size, struct vr_err *err)
{
    struct writer writer = {0};
    struct vr_annotation before = {0};
    int r = table_put(&writer, list, resolution, err);
    for (size_t i = 0; i < list->count && r == 0 && !writer.failed; i++) {
        const struct vr_annotation *item = &list->items[i];
        r = item_check(list, i, err);
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
