/* Comments of a WFDB header, taken apart where their keys can be told for sure. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/comments.h"
#include "dataset/folder.h"
#include "dataset/wfdb_comments.h"
#include "dataset/wfdb_header.h"

#define FILE_NAME_SIZE (VR_NAME_SIZE + 8)
#define KEY_SIZE_MAX 40

/* "<age>: 69  <sex>: M": each up to the next '<'. */
static int bracketed_add(
    struct vr_comments *list, const char *line, const char *end, struct vr_err *err)
{
    int r = 0;
    while (r == 0 && line < end) {
        const char *close = memchr(line, '>', (size_t)(end - line));
        const char *next = memchr(line + 1, '<', (size_t)(end - line - 1));
        next = next ? next : end;
        if (*line != '<' || !close || close >= next || close + 1 >= next || close[1] != ':')
            return vr_comments_add(
                list, VR_COMMENT_OTHER, strlen(VR_COMMENT_OTHER), line, (size_t)(end - line), err);
        r = vr_comments_add(
            list, line + 1, (size_t)(close - line - 1), close + 2, (size_t)(next - close - 2), err);
        line = next;
    }
    return r;
}

/* `KEY: TEXT`.  A text with another colon may hold more than its key says ("Age: 23 Sex: F"). */
static int line_add(struct vr_comments *list, const char *line, const char *end, struct vr_err *err)
{
    while (line < end && (*line == ' ' || *line == '\t'))
        line++;
    if (line < end && *line == '<')
        return bracketed_add(list, line, end, err);
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (colon && colon - line <= KEY_SIZE_MAX && !memchr(colon + 1, ':', (size_t)(end - colon - 1)))
        return vr_comments_add(
            list, line, (size_t)(colon - line), colon + 1, (size_t)(end - colon - 1), err);
    return vr_comments_add(
        list, VR_COMMENT_OTHER, strlen(VR_COMMENT_OTHER), line, (size_t)(end - line), err);
}

static int start_add(
    struct vr_comments *list, const struct vr_wfdb_start *start, struct vr_err *err)
{
    char text[80];
    int64_t seconds = start->time_us / 1000000;
    if (!start->has_time)
        return 0;
    int used = snprintf(
        text, sizeof text, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
        (int)(seconds % 60));
    if (start->time_us % 1000000)
        used += snprintf(
            text + used, sizeof text - (size_t)used, ".%06d", (int)(start->time_us % 1000000));
    if (start->has_date)
        snprintf(
            text + used, sizeof text - (size_t)used, " %02d/%02d/%04d", start->day, start->month,
            start->year);
    return vr_comments_add(
        list, VR_COMMENT_START, strlen(VR_COMMENT_START), text, strlen(text), err);
}

static int header_take(
    const struct vr_wfdb_header *header, struct vr_comments *list, struct vr_err *err)
{
    int r = start_add(list, &header->start, err);
    for (const char *line = header->infos; r == 0 && line && *line;) {
        const char *end = strchrnul(line, '\n');
        r = line_add(list, line, end, err);
        line = *end ? end + 1 : end;
    }
    return r;
}

int vr_wfdb_comments(
    const char *path, const char *record, struct vr_comments *ret_list, struct vr_err *err)
{
    char name[FILE_NAME_SIZE], display[VR_ERR_TEXT_SIZE / 2];
    _cleanup_close_ int fd = -1;
    _cleanup_free_ uint8_t *text = NULL;
    _cleanup_(vr_wfdb_header_finish) struct vr_wfdb_header header = {0};
    size_t size;
    snprintf(name, sizeof name, "%.*s.hea", VR_NAME_SIZE - 1, record);
    snprintf(display, sizeof display, "%s/%s", path, name);
    int r = vr_folder_open(path, &fd, err);
    if (r == 0)
        r = vr_folder_load_file(fd, path, name, VR_WFDB_HEADER_SIZE_MAX, &text, &size, err);
    if (r == 0)
        r = vr_wfdb_header_parse((const char *)text, size, display, &header, err);
    return r < 0 ? r : header_take(&header, ret_list, err);
}
