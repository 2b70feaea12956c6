/* Rows of a csv (power/csv_rows.h) in a file that can be read twice: once to see how fast it goes, then for its samples. */
#ifndef VR_POWER_CSV_FILE_H
#define VR_POWER_CSV_FILE_H

#include <stdio.h>

#include "power/csv_rows.h"

struct vr_csv_file {
    FILE *file;       /* the caller's */
    const char *name; /* borrowed, for messages */
    struct vr_csv_columns columns;
    double rate_hz;

    /* Private. */
    struct vr_csv_clock clock;
    char line[VR_CSV_LINE_MAX];
    long line_number;
};

/* `header`: what the caller knows, and what then outranks the file; zero = nothing.  VR_ERR_INPUT: it has no columns, or no rate. */
int vr_csv_file_begin(
    struct vr_csv_file *csv, FILE *file, const char *name, const struct vr_csv_header *header,
    struct vr_err *err);

/* The next row, and how many samples are missing before it.  VR_ERR_EMPTY = the end; VR_ERR_INPUT with the line: it is no row, or time
 * does not go on. */
int vr_csv_file_next(
    struct vr_csv_file *csv, struct vr_csv_row *ret_row, int64_t *ret_missing, struct vr_err *err);

#endif
