#include "cli/event_line.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

bool vr_event_line_begin(
    struct vr_event_lines *lines, struct vr_event_line *line, const char *event)
{
    *line = (struct vr_event_line){.lines = lines};
    if (vr_json_text_begin(&line->json, NULL) < 0) {
        atomic_store(&lines->is_broken, true);
        return false;
    }
    line->is_open = true;
    vr_json_write_object(&line->json.writer, NULL);
    vr_json_write_string(&line->json.writer, "event", event);
    return true;
}

static bool write_whole(struct vr_event_lines *lines, const char *text, size_t size)
{
    ssize_t written = 0;
    pthread_mutex_lock(&lines->mutex);
    while (size > 0 && (written >= 0 || errno == EINTR)) {
        written = write(lines->fd, text, size);
        text += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    pthread_mutex_unlock(&lines->mutex);
    return size == 0;
}

void vr_event_line_end(struct vr_event_line *line)
{
    char *text;
    if (!line->is_open)
        return;
    vr_json_write_end(&line->json.writer);
    bool is_whole = vr_json_text_end(&line->json, &text, NULL) == 0;
    if (is_whole) {
        size_t size = vr_json_text_join(text);
        text[size++] = '\n'; /* in place of a break that was taken out: the writer ends with one */
        is_whole = write_whole(line->lines, text, size);
    }
    if (!is_whole)
        atomic_store(&line->lines->is_broken, true);
    free(text);
}
