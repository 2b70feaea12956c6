/* What a csv_table is made of, and its scanner: bytes, lines and rows of the file.
 *
 * Only dataset/csv_scan.c and dataset/csv_table.c include this file. */
#ifndef VR_DATASET_CSV_SCAN_H
#define VR_DATASET_CSV_SCAN_H

#include "dataset/csv_table.h"

#define VR_CSV_BLOCK_SIZE 65536
#define VR_CSV_END (-1) /* of the file, as a byte; also behind a failure, which `status` tells */

struct vr_csv_cell {
    size_t start, size; /* in `text` */
    int64_t line, column;
};

struct vr_csv_table {
    struct vr_folder_file file;
    char *display;
    struct vr_csv_format format;
    struct vr_err *err; /* of the call under way */
    int status;         /* of reading the file: 0 or negative */

    int64_t start; /* behind the byte order mark */
    int64_t at;    /* byte that comes next */
    int64_t line, line_start;
    int64_t content_at; /* where content_follows looked last */

    size_t width; /* 0 = not known yet */
    char *names;  /* texts of the heading, or NULL */
    struct vr_slice *headings;

    int64_t row_offset, row_line;
    int64_t rows_offset; /* of the first row behind the heading; -1 = not known yet */
    size_t cell_count, text_size;
    int64_t block_at;
    size_t block_size;

    /* Not cleared at the start. */
    struct vr_csv_cell cells[VR_CSV_ROW_CELLS_MAX];
    char text[VR_CSV_ROW_SIZE_MAX + VR_CSV_ROW_CELLS_MAX]; /* a NUL behind each cell */
    uint8_t block[VR_CSV_BLOCK_SIZE];
};

/* The byte that comes next. */
int vr_csv_scan_peek(struct vr_csv_table *table);
void vr_csv_scan_line_skip(struct vr_csv_table *table);
bool vr_csv_scan_begins_with(struct vr_csv_table *table, const char *text);

/* The next row; -VR_ERR_EMPTY when there is none. */
int vr_csv_scan_row(struct vr_csv_table *table);

/* Fill table->err with a place and a text; return -VR_ERR_INPUT. */
int vr_csv_scan_fail(
    const struct vr_csv_table *table, int64_t line, int64_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same at the byte that comes next. */
#define VR_CSV_SCAN_FAIL_HERE(table, ...) \
    vr_csv_scan_fail((table), (table)->line, (table)->at - (table)->line_start + 1, __VA_ARGS__)

#endif
