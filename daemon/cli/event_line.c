#include "cli/event_line.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

bool vr_event_line_begin(
    struct vr_event_lines *lines, struct vr_event_line *line, const char *event)
{
    *line = (struct vr_event_line){.lines = lines};
    line->file = open_memstream(&line->text, &line->size);
    if (!line->file) {
        atomic_store(&lines->is_broken, true);
        return false;
    }
    vr_json_write_init(&line->writer, line->file);
    vr_json_write_object(&line->writer, NULL);
    vr_json_write_string(&line->writer, "event", event);
    return true;
}

/* The writer breaks lines and indents them; inside of a string no line break stands as itself. */
static size_t join(char *text, size_t size)
{
    size_t joined = 0;
    for (size_t i = 0; i < size;) {
        if (text[i] != '\n') {
            text[joined++] = text[i++];
            continue;
        }
        while (i < size && (text[i] == '\n' || text[i] == ' '))
            i++;
    }
    text[joined++] = '\n'; /* in place of one that was taken out */
    return joined;
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
    if (!line->file)
        return;
    vr_json_write_end(&line->writer);
    bool is_whole = vr_json_write_finish(&line->writer, NULL) == 0;
    fclose(line->file);
    if (!is_whole || !write_whole(line->lines, line->text, join(line->text, line->size)))
        atomic_store(&line->lines->is_broken, true);
    free(line->text);
}
