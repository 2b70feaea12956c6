/* What a `score` verb compares when there is no recording: rows of delimited text, each with what is true
 * and what was said.
 *
 * Either one file with a column for each side, or two files whose rows belong together by key columns: a row of the reference without
 * one of the test is a row to which nothing was said; the other way round, and a key twice, is an error with its place. */
#ifndef VR_CLI_SCORE_TABLE_H
#define VR_CLI_SCORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vr_score_table_options {
    const char *csv;              /* one file, or NULL: */
    const char *reference, *test; /* two files */
    const char *key; /* of two files: columns, comma separated; the first has the record's name */
    const char *reference_column, *test_column;
    const char *record_column;  /* of one file; NULL = the subject's, else all is one record */
    const char *subject_column; /* NULL = none; in the reference */
    const char *confidence_column, *score_column; /* NULL = none; in the test */
    bool has_no_heading;                          /* columns are called by their numbers, from 1 */
    char separator;
};

struct vr_score_row {
    char *reference, *test;   /* "" = nothing */
    double confidence, score; /* NaN = none */
    const char *file;         /* where the row is: borrowed from the options */
    int64_t line;
};

struct vr_score_record {
    char *name, *subject; /* subject "" = not known */
    struct vr_score_row *rows;
    size_t count, capacity;
};

/* In the order of their first rows. */
struct vr_score_table {
    struct vr_score_record *records;
    size_t count, capacity;
};

/* VR_ERR_INPUT, VR_ERR_NOT_FOUND, VR_ERR_IO with the place.  The caller finishes *ret_table, also on error. */
int vr_score_table_read(
    const struct vr_score_table_options *options, struct vr_score_table *ret_table,
    struct vr_err *err);
void vr_score_table_finish(struct vr_score_table *table);

#endif
