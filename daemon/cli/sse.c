/* A line is done with at its CR, not at the LF behind it: the event must not wait for what may never come. */
#include "cli/sse.h"

#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define ROOM_MIN 256

void vr_sse_init(
    struct vr_sse *sse,
    int (*event)(void *context, const struct vr_sse_event *event, struct vr_err *err),
    void *context)
{
    *sse = (struct vr_sse){.event = event, .context = context};
}

void vr_sse_finish(struct vr_sse *sse)
{
    free(sse->line.bytes);
    free(sse->data.bytes);
    *sse = (struct vr_sse){0};
}

/* A terminator always stands behind what is there. */
static int append(struct vr_sse_text *text, const char *bytes, size_t size, struct vr_err *err)
{
    if (size > VR_SSE_SIZE_MAX - text->size)
        return vr_err_set(
            err, VR_ERR_INPUT, "an event of the stream has more than %zu bytes", VR_SSE_SIZE_MAX);
    if (text->size + size >= text->room) {
        size_t room = 2 * (text->size + size) + ROOM_MIN;
        char *grown = realloc(text->bytes, room);
        if (!grown)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for an event of the stream");
        text->bytes = grown;
        text->room = room;
    }
    if (size > 0)
        memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = '\0';
    return 0;
}

static int dispatch(struct vr_sse *sse, struct vr_err *err)
{
    int r = 0;
    if (sse->has_data) {
        const struct vr_sse_event event = {
            .id = sse->id,
            .kind = sse->kind[0] ? sse->kind : "message",
            .data = sse->data.bytes,
            .size = sse->data.size,
        };
        r = sse->event(sse->context, &event, err);
    }
    sse->data.size = 0;
    sse->has_data = false;
    sse->id[0] = sse->kind[0] = '\0';
    return r;
}

/* A word with a zero byte in it is as good as none. */
static int set_word(char word[VR_SSE_WORD_SIZE], const char *value, size_t size, struct vr_err *err)
{
    if (size >= VR_SSE_WORD_SIZE)
        return vr_err_set(
            err, VR_ERR_INPUT, "an id or a kind of the stream has %zu bytes; %d are too many", size,
            VR_SSE_WORD_SIZE);
    if (memchr(value, '\0', size))
        size = 0;
    memcpy(word, value, size);
    word[size] = '\0';
    return 0;
}

static int add_data(struct vr_sse *sse, const char *value, size_t size, struct vr_err *err)
{
    int r = sse->has_data ? append(&sse->data, "\n", 1, err) : 0;
    sse->has_data = true;
    return r < 0 ? r : append(&sse->data, value, size, err);
}

static bool is_field(const char *line, size_t size, const char *name)
{
    return size == strlen(name) && memcmp(line, name, size) == 0;
}

static int take_line(struct vr_sse *sse, struct vr_err *err)
{
    const char *line = sse->line.bytes ? sse->line.bytes : "";
    size_t size = sse->line.size;
    sse->line.size = 0;
    if (!sse->is_begun && size >= 3 && memcmp(line, BYTE_ORDER_MARK, 3) == 0) {
        line += 3;
        size -= 3;
    }
    sse->is_begun = true;
    if (size == 0)
        return dispatch(sse, err);

    const char *colon = memchr(line, ':', size);
    size_t name_size = colon ? (size_t)(colon - line) : size;
    const char *value = colon ? colon + 1 : line + size;
    if (colon && value < line + size && *value == ' ')
        value++;
    size_t value_size = (size_t)(line + size - value);
    if (is_field(line, name_size, "data"))
        return add_data(sse, value, value_size, err);
    if (is_field(line, name_size, "event"))
        return set_word(sse->kind, value, value_size, err);
    if (is_field(line, name_size, "id"))
        return set_word(sse->id, value, value_size, err);
    return 0;
}

int vr_sse_feed(struct vr_sse *sse, const char *bytes, size_t size, struct vr_err *err)
{
    size_t start = 0;
    int r = 0;
    if (size > 0 && sse->after_cr && bytes[0] == '\n')
        start = 1;
    if (size > 0)
        sse->after_cr = false;
    for (size_t i = start; r == 0 && i < size; i++) {
        if (bytes[i] != '\n' && bytes[i] != '\r')
            continue;
        r = append(&sse->line, bytes + start, i - start, err);
        if (r == 0)
            r = take_line(sse, err);
        sse->after_cr = bytes[i] == '\r' && i + 1 == size;
        if (bytes[i] == '\r' && i + 1 < size && bytes[i + 1] == '\n')
            i++;
        start = i + 1;
    }
    return r < 0 || start >= size ? r : append(&sse->line, bytes + start, size - start, err);
}
