/* Annotation files byte by byte, and what is read of them. */
#ifndef VR_TESTS_DATASET_ANNOTATION_BYTES_H
#define VR_TESTS_DATASET_ANNOTATION_BYTES_H

#include "dataset/wfdb_annotation.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct vr_annotations list;

/* A file under construction. */
static uint8_t bytes[4096];
static size_t size;

static inline void word(unsigned code, unsigned value)
{
    unsigned bits = code << 10 | value;
    bytes[size++] = (uint8_t)bits;
    bytes[size++] = (uint8_t)(bits >> 8);
}

static inline void skip(int32_t interval)
{
    uint32_t bits = (uint32_t)interval;
    word(VR_WFDB_SKIP, 0);
    bytes[size++] = (uint8_t)(bits >> 16);
    bytes[size++] = (uint8_t)(bits >> 24);
    bytes[size++] = (uint8_t)bits;
    bytes[size++] = (uint8_t)(bits >> 8);
}

static inline void text(const char *string, unsigned length)
{
    word(VR_WFDB_AUX, length);
    memcpy(bytes + size, string, length);
    size += length;
    if (length % 2)
        bytes[size++] = 0;
}

static inline void note(const char *string)
{
    word(VR_CODE_NOTE, 0);
    text(string, (unsigned)strlen(string));
}

static inline void null_annotation(void)
{
    skip(-1);
    word(VR_WFDB_NULL, 1);
}

static inline int parse_at(uint32_t rate_num, uint32_t rate_den, struct vr_err *err)
{
    vr_annotations_finish(&list);
    /* No byte more than there is, so that the sanitizer sees a read behind the end. */
    uint8_t *copy = malloc(size + (size == 0));
    cr_assert(copy);
    memcpy(copy, bytes, size);
    int r = vr_wfdb_annotation_parse(
        copy, size, "a.atr", (struct vr_rate){rate_num, rate_den}, &list, err);
    free(copy);
    size = 0;
    return r;
}

static inline void must_parse(uint32_t rate_hz)
{
    struct vr_err err = {0};
    cr_assert_eq(parse_at(rate_hz, 1, &err), 0, "%s", err.text);
}

static inline void must_refuse(const char *words)
{
    struct vr_err err = {0};
    cr_assert_eq(parse_at(360, 1, &err), -VR_ERR_INPUT, "accepted, not: %s", words);
    cr_assert(strstr(err.text, words), "%s", err.text);
    cr_assert_eq(list.count, 0);
    cr_assert_null(list.items);
}

static inline void assert_item(
    size_t index, int64_t time, int code, int subtype, int channel, int number, const char *string)
{
    cr_assert_lt(index, list.count);
    const struct vr_annotation *item = &list.items[index];
    cr_assert_eq(
        item->sample_index, time, "item %zu at %lld", index, (long long)item->sample_index);
    cr_assert_eq(item->code, code, "item %zu has code %d", index, item->code);
    cr_assert_eq(item->subtype, subtype, "item %zu has subtype %d", index, item->subtype);
    cr_assert_eq(item->channel, channel, "item %zu has channel %d", index, item->channel);
    cr_assert_eq(item->number, number, "item %zu has number %d", index, item->number);
    cr_assert_eq(!item->text, !string, "item %zu: %s", index, item->text ? item->text : "no text");
    if (string)
        cr_assert_str_eq(item->text, string);
}

#endif
