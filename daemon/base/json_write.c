/* JSON output.  stdio keeps the first error of a FILE, so values are written without a look at each
 * result. */
#include "base/json_write.h"
#include "base/utf8.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void vr_json_write_init(struct vr_json_writer *writer, FILE *file)
{
    *writer = (struct vr_json_writer){.file = file};
}

static void write_line_break(const struct vr_json_writer *writer)
{
    fprintf(writer->file, "\n%*s", 2 * writer->depth, "");
}

static void write_escaped(FILE *file, const char *text)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: character, its escape */

    putc('"', file);
    for (size_t left = strlen(text), size; left > 0; text += size, left -= size) {
        size = vr_utf8_size(text, left);
        unsigned char c = (unsigned char)*text;
        const char *pair = shorts;
        while (*pair && *pair != *text)
            pair += 2;
        if (size == 0) {
            fputs("\\ufffd", file);
            size = 1;
        } else if (*pair) {
            fprintf(file, "\\%c", pair[1]);
        } else if (c < ' ' || c == 0x7f) {
            fprintf(file, "\\u%04x", (unsigned)c);
        } else {
            fwrite(text, 1, size, file);
        }
    }
    putc('"', file);
}

/* Everything that stands before a value: comma, line break, key. */
static void begin_value(struct vr_json_writer *writer, const char *key)
{
    if (writer->depth == 0) {
        assert(!key && !writer->has_root);
        writer->has_root = true;
        return;
    }
    assert((key != NULL) == writer->levels[writer->depth - 1].is_object);
    if (writer->levels[writer->depth - 1].has_members)
        putc(',', writer->file);
    writer->levels[writer->depth - 1].has_members = true;
    write_line_break(writer);
    if (key) {
        write_escaped(writer->file, key);
        fputs(": ", writer->file);
    }
}

static void begin_container(struct vr_json_writer *writer, const char *key, bool is_object)
{
    begin_value(writer, key);
    assert(writer->depth < VR_JSON_WRITE_DEPTH_MAX);
    writer->levels[writer->depth].is_object = is_object;
    writer->levels[writer->depth].has_members = false;
    writer->depth++;
    putc(is_object ? '{' : '[', writer->file);
}

void vr_json_write_object(struct vr_json_writer *writer, const char *key)
{
    begin_container(writer, key, true);
}

void vr_json_write_array(struct vr_json_writer *writer, const char *key)
{
    begin_container(writer, key, false);
}

void vr_json_write_end(struct vr_json_writer *writer)
{
    assert(writer->depth > 0);
    writer->depth--;
    if (writer->levels[writer->depth].has_members)
        write_line_break(writer);
    putc(writer->levels[writer->depth].is_object ? '}' : ']', writer->file);
}

void vr_json_write_string(struct vr_json_writer *writer, const char *key, const char *text)
{
    if (!text) {
        vr_json_write_null(writer, key);
        return;
    }
    begin_value(writer, key);
    write_escaped(writer->file, text);
}

void vr_json_write_bool(struct vr_json_writer *writer, const char *key, bool value)
{
    begin_value(writer, key);
    fputs(value ? "true" : "false", writer->file);
}

void vr_json_write_null(struct vr_json_writer *writer, const char *key)
{
    begin_value(writer, key);
    fputs("null", writer->file);
}

void vr_json_write_int(struct vr_json_writer *writer, const char *key, int64_t value)
{
    begin_value(writer, key);
    fprintf(writer->file, "%" PRId64, value);
}

void vr_json_write_uint(struct vr_json_writer *writer, const char *key, uint64_t value)
{
    begin_value(writer, key);
    fprintf(writer->file, "%" PRIu64, value);
}

void vr_json_write_double(struct vr_json_writer *writer, const char *key, double value)
{
    if (!isfinite(value)) {
        vr_json_write_null(writer, key);
        return;
    }
    char text[32];
    int digits = 15;
    do
        snprintf(text, sizeof text, "%.*g", digits, value);
    while (strtod(text, NULL) != value && ++digits <= 17);
    begin_value(writer, key);
    fputs(text, writer->file);
}

int vr_json_write_finish(struct vr_json_writer *writer, struct vr_err *err)
{
    assert(writer->depth == 0 && writer->has_root);
    putc('\n', writer->file);
    if (fflush(writer->file) != 0 || ferror(writer->file))
        return vr_err_set(
            err, VR_ERR_IO, "JSON could not be written: %s; is the disk full?", strerror(errno));
    return 0;
}
