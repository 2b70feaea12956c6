/* A scanner over blocks of the file, which holds one block and one row: memory does not grow with the
 * file. */
#include "dataset/csv_scan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

int vr_csv_scan_fail(
    const struct vr_csv_table *table, int64_t line, int64_t column, const char *format, ...)
{
    char text[VR_ERR_TEXT_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return vr_err_set(
        table->err, VR_ERR_INPUT, "%s:%" PRId64 ":%" PRId64 ": %s", table->display, line, column,
        text);
}

/* -- bytes -- */

static int byte_at(struct vr_csv_table *table, int64_t at)
{
    if (at >= table->block_at && at < table->block_at + (int64_t)table->block_size)
        return table->block[at - table->block_at];
    if (at >= table->file.size || table->status < 0)
        return VR_CSV_END;
    int64_t left = table->file.size - at;
    size_t size = left < VR_CSV_BLOCK_SIZE ? (size_t)left : VR_CSV_BLOCK_SIZE;
    table->block_size = 0;
    table->status =
        vr_folder_file_read(&table->file, table->display, at, size, table->block, table->err);
    if (table->status < 0)
        return VR_CSV_END;
    table->block_at = at;
    table->block_size = size;
    return table->block[0];
}

int vr_csv_scan_peek(struct vr_csv_table *table)
{
    return byte_at(table, table->at);
}

static void byte_step(struct vr_csv_table *table)
{
    int c = vr_csv_scan_peek(table);
    if (c == VR_CSV_END)
        return;
    table->at++;
    if (c == '\n') {
        table->line++;
        table->line_start = table->at;
    }
}

/* A blank that separates nothing, or any number of which separates. */
static bool is_blank(const struct vr_csv_table *table, int c)
{
    return (c == ' ' || c == '\t') &&
           (c != table->format.separator || table->format.separator == ' ');
}

static bool ends_line(struct vr_csv_table *table, int64_t at)
{
    int c = byte_at(table, at);
    if (c != '\r')
        return c == '\n' || c == VR_CSV_END;
    c = byte_at(table, at + 1);
    return c == '\n' || c == VR_CSV_END;
}

static void blanks_skip(struct vr_csv_table *table)
{
    while (is_blank(table, vr_csv_scan_peek(table)))
        byte_step(table);
}

void vr_csv_scan_line_skip(struct vr_csv_table *table)
{
    int64_t line = table->line;
    while (table->line == line && vr_csv_scan_peek(table) != VR_CSV_END)
        byte_step(table);
}

bool vr_csv_scan_begins_with(struct vr_csv_table *table, const char *text)
{
    for (int64_t i = 0; text[i]; i++)
        if (byte_at(table, table->at + i) != (unsigned char)text[i])
            return false;
    return true;
}

static bool line_is_blank(struct vr_csv_table *table)
{
    int64_t at = table->at;
    while (is_blank(table, byte_at(table, at)))
        at++;
    return ends_line(table, at);
}

/* Whether anything but empty lines follows; remembered, not to scan the same bytes for each. */
static bool content_follows(struct vr_csv_table *table)
{
    if (table->content_at < table->at)
        table->content_at = table->at;
    for (int c; (c = byte_at(table, table->content_at)) != VR_CSV_END; table->content_at++)
        if (c != '\n' && c != '\r' && !is_blank(table, c))
            return true;
    return false;
}

/* -- one row -- */

static int text_put(struct vr_csv_table *table, int c, bool quoted)
{
    if (table->text_size - table->cell_count >= VR_CSV_ROW_SIZE_MAX)
        return vr_csv_scan_fail(
            table, table->row_line, 1, "a row of more than %d bytes; is a quote in it not closed?",
            VR_CSV_ROW_SIZE_MAX);
    bool plain = (c >= ' ' && c != 0x7f) || c == '\t' || (quoted && (c == '\n' || c == '\r'));
    if (!plain && c == '\r')
        return VR_CSV_SCAN_FAIL_HERE(
            table, "a line that ends with CR alone; save the file with LF or CRLF line ends");
    if (!plain)
        return VR_CSV_SCAN_FAIL_HERE(
            table, "the control character 0x%02x; this is no plain text", (unsigned)c);
    table->text[table->text_size++] = (char)c;
    return 0;
}

static int cell_quoted(struct vr_csv_table *table, const struct vr_csv_cell *cell)
{
    const char quote = table->format.quote;
    byte_step(table);
    for (;; byte_step(table)) {
        int c = vr_csv_scan_peek(table);
        if (c == VR_CSV_END)
            return vr_csv_scan_fail(table, cell->line, cell->column, "this quote is never closed");
        if (c == quote && byte_at(table, table->at + 1) != quote)
            break;
        if (c == quote)
            byte_step(table);
        int r = text_put(table, c, true);
        if (r < 0)
            return r;
    }
    byte_step(table);
    return 0;
}

static int cell_plain(struct vr_csv_table *table, const struct vr_csv_cell *cell)
{
    const struct vr_csv_format *format = &table->format;
    for (; !ends_line(table, table->at); byte_step(table)) {
        int c = vr_csv_scan_peek(table);
        if (c == format->separator || (format->separator == ' ' && is_blank(table, c)))
            break;
        if (format->quote && c == format->quote)
            return VR_CSV_SCAN_FAIL_HERE(
                table, "a quote inside a cell that does not begin with one; put the whole cell in "
                       "quotes, and double the quotes in it");
        int r = text_put(table, c, false);
        if (r < 0)
            return r;
    }
    while (table->text_size > cell->start && is_blank(table, table->text[table->text_size - 1]))
        table->text_size--;
    return 0;
}

static int cell_scan(struct vr_csv_table *table)
{
    blanks_skip(table);
    if (table->cell_count == VR_CSV_ROW_CELLS_MAX)
        return VR_CSV_SCAN_FAIL_HERE(
            table, "a row of more than %d cells; is the separator right?", VR_CSV_ROW_CELLS_MAX);
    struct vr_csv_cell *cell = &table->cells[table->cell_count];
    *cell = (struct vr_csv_cell){
        .start = table->text_size,
        .line = table->line,
        .column = table->at - table->line_start + 1,
    };
    bool quoted = table->format.quote && vr_csv_scan_peek(table) == table->format.quote;
    int r = quoted ? cell_quoted(table, cell) : cell_plain(table, cell);
    if (r < 0)
        return r;
    cell->size = table->text_size - cell->start;
    table->text[table->text_size++] = '\0';
    table->cell_count++;
    return 0;
}

/* Step over what separates two cells; false at the end of the row. */
static bool separator_skip(struct vr_csv_table *table)
{
    int64_t before = table->at;
    blanks_skip(table);
    if (table->format.separator == ' ')
        return table->at > before && !ends_line(table, table->at);
    if (vr_csv_scan_peek(table) != table->format.separator)
        return false;
    byte_step(table);
    return true;
}

static int row_scan(struct vr_csv_table *table)
{
    table->cell_count = table->text_size = 0;
    table->row_offset = table->at;
    table->row_line = table->line;
    do {
        int r = cell_scan(table);
        if (r < 0)
            return r;
    } while (separator_skip(table));
    if (!ends_line(table, table->at))
        return VR_CSV_SCAN_FAIL_HERE(
            table, "text behind the closing quote of a cell; a separator must follow");
    vr_csv_scan_line_skip(table);
    if (table->status < 0)
        return table->status;
    if (table->width && table->cell_count != table->width)
        return vr_csv_scan_fail(
            table, table->row_line, 1,
            "%zu cells, where the %s has %zu; is the row cut short, or the separator another one?",
            table->cell_count, table->headings ? "heading" : "first row", table->width);
    table->width = table->cell_count;
    return 0;
}

/* An empty line as a row of one cell. */
static int row_empty(struct vr_csv_table *table)
{
    table->row_offset = table->at;
    table->row_line = table->line;
    table->cells[0] = (struct vr_csv_cell){.line = table->line, .column = 1};
    table->cell_count = table->text_size = 1;
    table->text[0] = '\0';
    vr_csv_scan_line_skip(table);
    return table->status;
}

int vr_csv_scan_row(struct vr_csv_table *table)
{
    for (;; vr_csv_scan_line_skip(table)) {
        if (vr_csv_scan_peek(table) == VR_CSV_END)
            return table->status < 0 ? table->status : -VR_ERR_EMPTY;
        if (table->format.comment && vr_csv_scan_begins_with(table, table->format.comment))
            continue;
        if (!line_is_blank(table))
            return row_scan(table);
        if (table->width == 1 && content_follows(table))
            return row_empty(table);
        if (table->rows_offset >= 0 && table->at > table->rows_offset && content_follows(table))
            return VR_CSV_SCAN_FAIL_HERE(
                table, "an empty line between the rows; if something is missing there, nobody can "
                       "tell what");
    }
}
