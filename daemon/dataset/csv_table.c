/* Where the rows begin, what the columns are called, and what a cell says. */
#include "dataset/csv_scan.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/nearest.h"

int vr_csv_table_next(struct vr_csv_table *table, struct vr_err *err)
{
    table->err = err;
    int r = vr_csv_scan_row(table);
    if (r == 0 && table->rows_offset < 0)
        table->rows_offset = table->row_offset;
    return r;
}

/* -- the start of the file -- */

static int preamble_skip(struct vr_csv_table *table)
{
    const char *until = table->format.skip_until;
    if (vr_csv_scan_begins_with(table, "\xff\xfe") || vr_csv_scan_begins_with(table, "\xfe\xff"))
        return VR_CSV_SCAN_FAIL_HERE(table, "text in UTF-16; save the file as UTF-8");
    if (vr_csv_scan_begins_with(table, "\xef\xbb\xbf"))
        table->start = table->at = table->line_start = 3;
    for (int64_t i = 0; i < table->format.skip_lines && vr_csv_scan_peek(table) != VR_CSV_END; i++)
        vr_csv_scan_line_skip(table);
    while (until && !vr_csv_scan_begins_with(table, until)) {
        if (vr_csv_scan_peek(table) == VR_CSV_END)
            return table->status < 0
                       ? table->status
                       : VR_CSV_SCAN_FAIL_HERE(table, "no line begins with \"%.60s\"", until);
        vr_csv_scan_line_skip(table);
    }
    if (until)
        vr_csv_scan_line_skip(table);
    return table->status;
}

static int heading_keep(struct vr_csv_table *table)
{
    table->names = malloc(table->text_size);
    table->headings = calloc(table->cell_count, sizeof *table->headings);
    if (!table->names || !table->headings)
        return vr_err_set(
            table->err, VR_ERR_NO_MEMORY, "%s: no memory for its heading", table->display);
    memcpy(table->names, table->text, table->text_size);
    for (size_t i = 0; i < table->cell_count; i++)
        table->headings[i] =
            (struct vr_slice){table->names + table->cells[i].start, table->cells[i].size};
    return 0;
}

/* The heading, or else a look at the first row: how wide is the table? */
static int width_learn(struct vr_csv_table *table)
{
    int64_t offset = table->at, line = table->line;
    int r = vr_csv_scan_row(table);
    if (r == 0 && table->format.heading)
        return heading_keep(table);
    if (r == -VR_ERR_EMPTY && table->format.heading)
        return VR_CSV_SCAN_FAIL_HERE(table, "the file ends before the heading");
    vr_csv_table_seek(table, offset, line);
    return r == -VR_ERR_EMPTY ? 0 : r;
}

static int table_begin(struct vr_csv_table *table, const char *display, struct vr_err *err)
{
    table->err = err;
    table->display = strdup(display);
    if (!table->display)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to read it", display);
    int r = preamble_skip(table);
    return r < 0 ? r : width_learn(table);
}

int vr_csv_table_create(
    const struct vr_folder_file *file, const char *display, const struct vr_csv_format *format,
    struct vr_csv_table **ret_table, struct vr_err *err)
{
    assert(format->separator && format->separator != '\n' && format->separator != '\r');
    assert(
        format->separator != format->quote && (format->decimal == '.' || format->decimal == ','));
    struct vr_csv_table *table = malloc(sizeof *table);
    if (!table) {
        close(file->fd);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to read it", display);
    }
    memset(table, 0, offsetof(struct vr_csv_table, cells));
    table->file = *file;
    table->format = *format;
    table->line = 1;
    table->rows_offset = -1;
    int r = table_begin(table, display, err);
    if (r < 0) {
        vr_csv_table_destroy(table);
        return r;
    }
    *ret_table = table;
    return 0;
}

int vr_csv_table_open(
    const char *path, const struct vr_csv_format *format, struct vr_csv_table **ret_table,
    struct vr_err *err)
{
    struct vr_folder_file file = {.fd = -1};
    int r = vr_folder_open_path(path, &file, err);
    return r < 0 ? r : vr_csv_table_create(&file, path, format, ret_table, err);
}

int vr_csv_table_open_beside(
    const char *path, const char *name, const struct vr_csv_format *format,
    struct vr_csv_table **ret_table, struct vr_err *err)
{
    struct vr_folder_file file = {.fd = -1};
    _cleanup_free_ char *folder = NULL;
    _cleanup_close_ int folder_fd = -1;
    int r = vr_folder_open_beside(path, &folder, &folder_fd, err);
    if (r == 0)
        r = vr_folder_open_file(folder_fd, folder, name, &file, err);
    if (r < 0)
        return r;
    char display[VR_ERR_TEXT_SIZE / 2];
    snprintf(display, sizeof display, "%s/%s", folder, name);
    return vr_csv_table_create(&file, display, format, ret_table, err);
}

void vr_csv_table_destroy(struct vr_csv_table *table)
{
    if (!table)
        return;
    close(table->file.fd);
    free(table->headings);
    free(table->names);
    free(table->display);
    free(table);
}

void vr_csv_table_destroyp(struct vr_csv_table **table)
{
    vr_csv_table_destroy(*table);
}

/* -- what a row tells -- */

const char *vr_csv_table_display(const struct vr_csv_table *table)
{
    return table->display;
}

size_t vr_csv_table_width(const struct vr_csv_table *table)
{
    return table->width;
}

struct vr_slice vr_csv_table_name(const struct vr_csv_table *table, size_t column)
{
    assert(column < table->width);
    return table->headings ? table->headings[column] : (struct vr_slice){"", 0};
}

int64_t vr_csv_table_line(const struct vr_csv_table *table)
{
    return table->row_line;
}

int64_t vr_csv_table_offset(const struct vr_csv_table *table)
{
    return table->row_offset;
}

void vr_csv_table_tell(const struct vr_csv_table *table, int64_t *ret_offset, int64_t *ret_line)
{
    *ret_offset = table->at;
    *ret_line = table->line;
}

void vr_csv_table_seek(struct vr_csv_table *table, int64_t offset, int64_t line)
{
    table->at = table->line_start = offset;
    table->line = line;
    table->content_at = 0;
    table->status = 0;
}

struct vr_slice vr_csv_table_cell(const struct vr_csv_table *table, size_t column)
{
    assert(column < table->cell_count);
    return (struct vr_slice){table->text + table->cells[column].start, table->cells[column].size};
}

int vr_csv_table_fail(
    const struct vr_csv_table *table, size_t column, struct vr_err *err, const char *format, ...)
{
    assert(column < table->cell_count);
    char text[VR_ERR_TEXT_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const struct vr_csv_cell *cell = &table->cells[column];
    return vr_err_set(
        err, VR_ERR_INPUT, "%s:%" PRId64 ":%" PRId64 ": %s", table->display, cell->line,
        cell->column, text);
}

int vr_csv_table_column(
    const struct vr_csv_table *table, const char *name, size_t *ret_column, struct vr_err *err)
{
    const char *names[VR_CSV_ROW_CELLS_MAX] = {""};
    size_t found = 0;
    for (size_t i = 0; i < table->width; i++) {
        names[i] = vr_csv_table_name(table, i).text;
        if (strcmp(names[i], name) == 0) {
            *ret_column = i;
            found++;
        }
    }
    const char *nearest = vr_nearest(name, names, table->width);
    if (found > 1)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: %zu columns are called \"%.60s\"; give them different names",
            table->display, found, name);
    if (found == 0)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: no column is called \"%.60s\"%s%.60s%s; the first is \"%.60s\"",
            table->display, name, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
            nearest ? "\"?" : "", names[0]);
    return 0;
}

bool vr_csv_table_missing(const struct vr_csv_table *table, size_t column)
{
    struct vr_slice cell = vr_csv_table_cell(table, column);
    if (cell.size == 0 || strcasecmp(cell.text, "nan") == 0)
        return true;
    for (const char *const *word = table->format.missing; word && *word; word++)
        if (strcmp(cell.text, *word) == 0)
            return true;
    return false;
}

int vr_csv_table_number(
    const struct vr_csv_table *table, size_t column, double *ret_value, struct vr_err *err)
{
    struct vr_slice cell = vr_csv_table_cell(table, column);
    char text[64];
    if (vr_csv_table_missing(table, column)) {
        *ret_value = NAN;
        return 0;
    }
    bool fits = cell.size < sizeof text;
    for (size_t i = 0; fits && i < cell.size; i++) {
        text[i] = cell.text[i];
        if (table->format.decimal == ',' && (text[i] == ',' || text[i] == '.'))
            text[i] = text[i] == ',' ? '.' : ',';
    }
    if (fits && vr_slice_real((struct vr_slice){text, cell.size}, ret_value))
        return 0;
    return vr_csv_table_fail(
        table, column, err, "\"%.*s\" is no number with a decimal %s", VR_SLICE_SHOWN(cell),
        table->format.decimal == ',' ? "comma" : "point");
}

/* -- comments -- */

/* The comment that comes next, without its prefix, in table->text; of longer ones the start. */
static struct vr_slice comment_take(struct vr_csv_table *table)
{
    int64_t line = table->line;
    table->text_size = 0;
    table->at += (int64_t)strlen(table->format.comment);
    for (int c; table->line == line && (c = vr_csv_scan_peek(table)) != VR_CSV_END;) {
        if (c == '\n' || table->text_size == VR_CSV_ROW_SIZE_MAX)
            vr_csv_scan_line_skip(table);
        else
            table->text[table->text_size++] = (char)c, table->at++;
    }
    if (table->text_size && table->text[table->text_size - 1] == '\r')
        table->text_size--;
    return vr_slice_trim((struct vr_slice){table->text, table->text_size});
}

/* `KEY: VALUE`, `KEY = VALUE` or `KEY := VALUE` */
static bool comment_has(struct vr_slice comment, const char *key, struct vr_slice *ret_value)
{
    size_t size = strlen(key);
    if (comment.size < size || memcmp(comment.text, key, size) != 0)
        return false;
    comment = vr_slice_trim((struct vr_slice){comment.text + size, comment.size - size});
    bool colon = vr_slice_skip(&comment, ':'), equals = vr_slice_skip(&comment, '=');
    *ret_value = vr_slice_trim(comment);
    return colon || equals;
}

int vr_csv_table_comment(
    struct vr_csv_table *table, const char *key, char *ret_value, size_t size, struct vr_err *err)
{
    assert(table->format.comment);
    int64_t offset = table->at, line = table->line, line_start = table->line_start;
    struct vr_slice value = {0};
    bool found = false;
    table->err = err;
    table->cell_count = 0;
    vr_csv_table_seek(table, table->start, 1);
    while (!found && vr_csv_scan_begins_with(table, table->format.comment))
        found = comment_has(comment_take(table), key, &value);
    int r = table->status;
    vr_csv_table_seek(table, offset, line);
    table->line_start = line_start;
    if (r < 0)
        return r;
    if (!found || value.size >= size)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: %s \"%s%.60s: ...\" before its rows", table->display,
            found ? "too long a value in the comment" : "no comment", table->format.comment, key);
    memcpy(ret_value, value.text, value.size);
    ret_value[value.size] = '\0';
    return 0;
}
