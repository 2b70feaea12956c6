/* What stands in a field is a slice of the file; nothing here reads beyond it. */
#include "dataset/edf_text.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

static bool is_filler(char c)
{
    return c == ' ' || c == '\t' || c == '\0';
}

struct vr_slice vr_edf_text_trim(struct vr_slice field)
{
    while (field.size && is_filler(field.text[0]))
        field.text++, field.size--;
    while (field.size && is_filler(field.text[field.size - 1]))
        field.size--;
    return field;
}

static bool is_utf8(struct vr_slice text)
{
    for (size_t i = 0, step; i < text.size; i += step) {
        step = vr_utf8_size(text.text + i, text.size - i);
        if (step == 0)
            return false;
    }
    return true;
}

bool vr_edf_text_copy(struct vr_slice text, char *ret_text, size_t size)
{
    bool utf8 = is_utf8(text);
    size_t used = 0;
    for (size_t i = 0, step; i < text.size; i += step) {
        unsigned char c = (unsigned char)text.text[i];
        step = utf8 ? vr_utf8_size(text.text + i, text.size - i) : 1;
        bool is_wide = !utf8 && c >= 0x80;
        if (used + (is_wide ? 2 : step) >= size)
            break;
        if (is_wide) {
            ret_text[used++] = (char)(0xc0 | c >> 6);
            ret_text[used++] = (char)(0x80 | (c & 0x3f));
        } else if (c < ' ' || c == 0x7f) {
            ret_text[used++] = ' ';
        } else {
            memcpy(ret_text + used, text.text + i, step);
            used += step;
        }
    }
    ret_text[used] = '\0';
    return utf8;
}

bool vr_edf_text_real(struct vr_slice field, double *ret_value, bool *ret_comma)
{
    char text[40];
    field = vr_edf_text_trim(field);
    if (field.size >= sizeof text)
        return false;
    memcpy(text, field.text, field.size);
    char *comma = memchr(text, ',', field.size);
    if (comma && !memchr(text, '.', field.size))
        *comma = '.';
    if (!vr_slice_real((struct vr_slice){text, field.size}, ret_value))
        return false;
    *ret_comma = comma != NULL;
    return true;
}

bool vr_edf_text_integer(struct vr_slice field, int64_t min, int64_t max, int64_t *ret_value)
{
    double value;
    bool comma;
    if (!vr_edf_text_real(field, &value, &comma) || value != floor(value) || value < (double)min ||
        value > (double)max)
        return false;
    *ret_value = (int64_t)value;
    return true;
}
