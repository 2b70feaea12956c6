/* Comments are skipped here, so that the grammar knows nothing of them. */
#include "dataset/wfdb_lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DOS_END 0x1a /* editors of old put it behind the last line */

int vr_wfdb_lines_fail(const struct vr_wfdb_lines *lines, const char *format, ...)
{
    char text[VR_ERR_TEXT_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return vr_err_set(
        lines->err, VR_ERR_INPUT, "%s:%d: %s", lines->display, lines->number ? lines->number : 1,
        text);
}

static void comment_keep(struct vr_wfdb_lines *lines, struct vr_slice line)
{
    char *to = lines->comments + lines->comments_size;
    for (size_t i = 1; i < line.size; i++)
        *to++ = line.text[i] ? line.text[i] : ' ';
    *to = '\n';
    lines->comments_size += line.size;
}

/* The whole next line, without its end. */
static struct vr_slice line_take(struct vr_wfdb_lines *lines)
{
    struct vr_slice line = vr_slice_take(&lines->rest, "\n");
    vr_slice_skip(&lines->rest, '\n');
    lines->number++;
    if (line.size && line.text[line.size - 1] == '\r')
        line.size--;
    return line;
}

int vr_wfdb_lines_next(struct vr_wfdb_lines *lines, struct vr_slice *ret_line, bool *ret_found)
{
    *ret_found = false;
    while (lines->rest.size && lines->rest.text[0] != DOS_END) {
        struct vr_slice whole = line_take(lines), line = vr_slice_trim(whole);
        if (whole.size && whole.text[0] == '#' && lines->comments)
            comment_keep(lines, whole);
        if (line.size == 0 || line.text[0] == '#')
            continue;
        for (size_t i = 0; i < line.size; i++) {
            unsigned char c = (unsigned char)line.text[i];
            if ((c < ' ' && c != '\t') || c == 0x7f)
                return vr_wfdb_lines_fail(
                    lines, "byte %zu is the control character 0x%02x; a header is plain text",
                    i + 1, c);
        }
        *ret_line = line;
        *ret_found = true;
        return 0;
    }
    return 0;
}

int vr_wfdb_lines_copy(
    const struct vr_wfdb_lines *lines, const char *what, struct vr_slice field, char *ret_text,
    size_t size)
{
    if (field.size >= size)
        return vr_wfdb_lines_fail(
            lines, "the %s \"%.*s...\" has %zu bytes; shorten it to at most %zu", what,
            VR_SLICE_SHOWN(field), field.size, size - 1);
    memcpy(ret_text, field.text, field.size);
    ret_text[field.size] = '\0';
    return 0;
}
