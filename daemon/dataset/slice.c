/* Nothing here reads beyond slice.size, and a NUL is a character like any other. */
#include "dataset/slice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct vr_slice vr_slice_trim(struct vr_slice slice)
{
    while (slice.size && is_blank(slice.text[0]))
        slice.text++, slice.size--;
    while (slice.size && is_blank(slice.text[slice.size - 1]))
        slice.size--;
    return slice;
}

struct vr_slice vr_slice_take(struct vr_slice *slice, const char *delimiters)
{
    size_t delimiter_count = strlen(delimiters);
    struct vr_slice part = {slice->text, 0};
    while (part.size < slice->size && !memchr(delimiters, part.text[part.size], delimiter_count))
        part.size++;
    slice->text += part.size;
    slice->size -= part.size;
    return part;
}

struct vr_slice vr_slice_word(struct vr_slice *slice)
{
    *slice = vr_slice_trim(*slice);
    return vr_slice_take(slice, " \t");
}

bool vr_slice_skip(struct vr_slice *slice, char c)
{
    if (slice->size == 0 || slice->text[0] != c)
        return false;
    slice->text++, slice->size--;
    return true;
}

bool vr_slice_integer(struct vr_slice slice, int64_t min, int64_t max, int64_t *ret_value)
{
    bool negative = vr_slice_skip(&slice, '-');
    if (!negative)
        vr_slice_skip(&slice, '+');
    int64_t value = 0;
    for (size_t i = 0; i < slice.size; i++) {
        int digit = slice.text[i] - '0';
        if (digit < 0 || digit > 9 || value > (INT64_MAX - 9) / 10)
            return false;
        value = value * 10 + digit;
    }
    value = negative ? -value : value;
    if (slice.size == 0 || value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

bool vr_slice_real(struct vr_slice slice, double *ret_value)
{
    char text[64], *end;
    if (slice.size == 0 || slice.size >= sizeof text)
        return false;
    for (size_t i = 0; i < slice.size; i++)
        if (!slice.text[i] || !strchr("0123456789+-.eE", slice.text[i]))
            return false;
    memcpy(text, slice.text, slice.size);
    text[slice.size] = '\0';
    double value = strtod(text, &end);
    if (*end || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}
