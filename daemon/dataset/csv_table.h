/* Delimited text, strictly and row by row: RFC 4180 with the separators, comments and preambles that
 * recorders add.  What does not fit the format is an error with its place, "FILE:LINE:COLUMN: ...";
 * nothing is guessed.
 *
 *     struct vr_csv_format format = VR_CSV_FORMAT_DEFAULT;
 *     format.heading = true;
 *     int r = vr_csv_table_open(path, &format, &table, err);
 *     if (r == 0)
 *         r = vr_csv_table_column(table, "heart_rate", &column, err);
 *     while (r == 0 && (r = vr_csv_table_next(table, err)) == 0)
 *         r = vr_csv_table_number(table, column, &value, err);
 *     if (r == -VR_ERR_EMPTY)
 *         r = 0;
 *
 * Always: a byte order mark of UTF-8 is passed over; lines end with LF or CRLF, the last one also with
 * the file; blanks around a cell are not part of it, unless they are inside its quotes; every row has
 * as many cells as the heading, or else as the first row.
 *
 * Empty lines: at the end of the file they are nothing.  Elsewhere, in a table of one column, an empty
 * line is a row whose cell is missing; in a wider one, before the first row they are nothing, and
 * between rows an error. */
#ifndef VR_DATASET_CSV_TABLE_H
#define VR_DATASET_CSV_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/folder.h"
#include "dataset/slice.h"

#define VR_CSV_ROW_SIZE_MAX 65536 /* bytes */
#define VR_CSV_ROW_CELLS_MAX 1024 /* columns */

/* How a text is laid out.  The texts stay the caller's for as long as the table is open. */
struct vr_csv_format {
    char separator;         /* ',' ';' '\t' '|' ..., or ' ': a run of blanks (spaces, tabs) */
    char decimal;           /* '.' or ',' */
    char quote;             /* '"'; '\0' = there are no quotes: the character is like any other */
    bool heading;           /* the first row has the names of the columns */
    const char *comment;    /* lines that begin with this are passed over; NULL = there are none */
    int64_t skip_lines;     /* lines of any text at the start */
    const char *skip_until; /* then all lines up to the first that begins with this; NULL = none */
    const char *const *missing; /* further words for "no value" (NULL ends them), or NULL */
};

/* clang-format off */
#define VR_CSV_FORMAT_DEFAULT {.separator = ',', .decimal = '.', .quote = '"'}
/* clang-format on */

struct vr_csv_table;

/* Open the file at a path that a person gave.  The caller destroys *ret_table. */
int vr_csv_table_open(
    const char *path, const struct vr_csv_format *format, struct vr_csv_table **ret_table,
    struct vr_err *err);

/* Open file `name` in the folder of the dataset at `path`: the folder, or a file in it. */
int vr_csv_table_open_beside(
    const char *path, const char *name, const struct vr_csv_format *format,
    struct vr_csv_table **ret_table, struct vr_err *err);

/* Take the open file (also on error) and a copy of `display`, which stands for it in errors.  Reads the
 * heading. */
int vr_csv_table_create(
    const struct vr_folder_file *file, const char *display, const struct vr_csv_format *format,
    struct vr_csv_table **ret_table, struct vr_err *err);

void vr_csv_table_destroy(struct vr_csv_table *table); /* NULL is nothing */
void vr_csv_table_destroyp(struct vr_csv_table **table);

/* What stands for the file in errors. */
const char *vr_csv_table_display(const struct vr_csv_table *table);

/* Columns of the table; 0 in a file without heading and rows. */
size_t vr_csv_table_width(const struct vr_csv_table *table);

/* Name of a column, ended with a NUL; "" without a heading. */
struct vr_slice vr_csv_table_name(const struct vr_csv_table *table, size_t column);

/* The column of a name, in a table with a heading.  VR_ERR_INPUT when none has it (the nearest is told)
 * or more than one. */
int vr_csv_table_column(
    const struct vr_csv_table *table, const char *name, size_t *ret_column, struct vr_err *err);

/* The value of a comment `KEY: VALUE`, `KEY = VALUE` or `KEY := VALUE` before the first line that is
 * none.  VR_ERR_INPUT when there is no such comment, or the value has `size` bytes or more.  The cells
 * of the row are gone then. */
int vr_csv_table_comment(
    struct vr_csv_table *table, const char *key, char *ret_value, size_t size, struct vr_err *err);

/* Step to the next row.  -VR_ERR_EMPTY = there is none; err is not touched then. */
int vr_csv_table_next(struct vr_csv_table *table, struct vr_err *err);

/* Where the row begins: its line, from 1, and its byte, from 0. */
int64_t vr_csv_table_line(const struct vr_csv_table *table);
int64_t vr_csv_table_offset(const struct vr_csv_table *table);

/* Where the next row will be looked for. */
void vr_csv_table_tell(const struct vr_csv_table *table, int64_t *ret_offset, int64_t *ret_line);

/* Go to where a row began, or to what tell told: the next row is that one. */
void vr_csv_table_seek(struct vr_csv_table *table, int64_t offset, int64_t line);

/* A cell of the row, column < width: without quotes, ended with a NUL, valid until the next step. */
struct vr_slice vr_csv_table_cell(const struct vr_csv_table *table, size_t column);

/* A cell that is empty, "nan" in any case, or a word for "no value". */
bool vr_csv_table_missing(const struct vr_csv_table *table, size_t column);

/* A cell as a number, NaN when it is missing.  VR_ERR_INPUT with its place when it is none. */
int vr_csv_table_number(
    const struct vr_csv_table *table, size_t column, double *ret_value, struct vr_err *err);

/* Fill err with the place of a cell of the row, and the text; return -VR_ERR_INPUT. */
int vr_csv_table_fail(
    const struct vr_csv_table *table, size_t column, struct vr_err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
