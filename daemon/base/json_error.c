/* How messages name a JSON value.  Excerpts are cut from the source text, where a string cannot
 * hold a raw control character, so that no file can write escape sequences to a terminal through a
 * message. */
#include "base/json_error.h"
#include "base/json_scan.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct vr_place vr_json_place(const struct vr_json *node)
{
    return node->text.place;
}

struct vr_place vr_json_key_place(const struct vr_json *node)
{
    return node->key_text.place;
}

char *vr_json_path(const struct vr_json *node, char *buffer, size_t size)
{
    assert(size > 0);
    buffer[0] = '\0';
    if (!node->parent)
        return buffer;

    size_t used = strlen(vr_json_path(node->parent, buffer, size));
    if (node->parent->kind == VR_JSON_ARRAY) {
        snprintf(buffer + used, size - used, "[%u]", node->index);
        return buffer;
    }
    const char *text = vr_json_doc_text(node->doc, NULL);
    snprintf(
        buffer + used, size - used, "%s%.*s", used > 0 ? "." : "", (int)node->key_text.size - 2,
        text + node->key_text.offset + 1);
    return buffer;
}

static char *excerpt(const struct vr_json *node, const struct vr_json_span *span, char *buffer)
{
    static const char dots[] = "...";
    const char *text = vr_json_doc_text(node->doc, NULL) + span->offset;
    size_t room = VR_JSON_EXCERPT_SIZE - sizeof dots;
    size_t used = 0;
    while (used < span->size && used < room)
        used += vr_utf8_size(text + used, span->size - used);
    if (used > room) /* the last character did not fit whole */
        while ((text[--used] & 0xc0) == 0x80)
            ;
    memcpy(buffer, text, used);
    memcpy(buffer + used, used < span->size ? dots : "", used < span->size ? sizeof dots : 1);
    return buffer;
}

char *vr_json_excerpt(const struct vr_json *node, char buffer[VR_JSON_EXCERPT_SIZE])
{
    if (node->kind == VR_JSON_ARRAY || node->kind == VR_JSON_OBJECT)
        return strcpy(buffer, node->kind == VR_JSON_ARRAY ? "an array" : "an object");
    return excerpt(node, &node->text, buffer);
}

char *vr_json_key_excerpt(const struct vr_json *node, char buffer[VR_JSON_EXCERPT_SIZE])
{
    return excerpt(node, &node->key_text, buffer);
}

__attribute__((format(printf, 4, 0))) static int error_at(
    struct vr_err *err, const struct vr_json *node, struct vr_place place, const char *format,
    va_list arguments)
{
    char text[VR_ERR_TEXT_SIZE];
    vsnprintf(text, sizeof text, format, arguments);
    return vr_err_set(
        err, VR_ERR_INPUT, "%s:%d:%d: %s", vr_json_doc_name(node->doc), place.line, place.column,
        text);
}

int vr_json_error(struct vr_err *err, const struct vr_json *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int r = error_at(err, node, node->text.place, format, arguments);
    va_end(arguments);
    return r;
}

int vr_json_key_error(struct vr_err *err, const struct vr_json *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int r = error_at(err, node, node->key_text.place, format, arguments);
    va_end(arguments);
    return r;
}
