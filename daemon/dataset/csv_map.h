/* Mapping files: which columns of which files are the signals and the truth of a record, and when
 * their rows were.  schema/csv-map.schema.json has every member; docs/datasets.md shows them.
 *
 * Texts are the document's, which lives as long as the mapping. */
#ifndef VR_DATASET_CSV_MAP_H
#define VR_DATASET_CSV_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "dataset/csv_decimal.h"
#include "dataset/csv_table.h"
#include "dataset/csv_time.h"
#include "dataset/dataset.h"
#include "dataset/rate.h"

#define VR_CSV_MAP_SUFFIX ".map.json"
#define VR_CSV_HEAD_MAX 16
#define VR_CSV_TIME_COLUMNS_MAX 4
#define VR_CSV_WHERE_MAX 4

struct vr_csv_map_column {
    const char *name; /* in the heading; NULL = by number */
    size_t number;    /* from 0 */
    const struct vr_json *node;
};

struct vr_csv_map_signal {
    struct vr_csv_map_column column;
    const char *name; /* NULL = that of the column */
    const char *unit; /* "" = not calibrated */
    struct vr_decimal resolution;
    bool round;
    double gain; /* 0 = not calibrated */
    int32_t baseline;
};

enum vr_csv_truth_kind {
    VR_CSV_TRUTH_LABEL,
    VR_CSV_TRUTH_RHYTHM,
    VR_CSV_TRUTH_MEASURE,
    VR_CSV_TRUTH_BEAT,
    VR_CSV_TRUTH_EVENT,
};

struct vr_csv_map_truth {
    const char *annotator;
    enum vr_csv_truth_kind kind;
    bool has_column;
    struct vr_csv_map_column column;
    const struct vr_json *map; /* NULL = cells as they are */
    int8_t number;
};

enum vr_csv_time_kind {
    VR_CSV_TIME_PACE,  /* rows follow each other at the rate */
    VR_CSV_TIME_ROW,   /* a column tells the number of the row */
    VR_CSV_TIME_CLOCK, /* columns tell the time */
};

struct vr_csv_map_time {
    enum vr_csv_time_kind kind;
    struct vr_csv_map_column columns[VR_CSV_TIME_COLUMNS_MAX];
    size_t column_count;
    const char *unit; /* as the mapping has it */
    struct vr_csv_clock_unit clock;
    double tolerance; /* rows */
    double gap_max_s;
};

enum vr_csv_head { VR_CSV_HEAD_SKIP, VR_CSV_HEAD_RATE, VR_CSV_HEAD_START };

struct vr_csv_map_head {
    enum vr_csv_head what;
    struct vr_csv_clock_unit clock; /* of a start */
};

struct vr_csv_map_where {
    struct vr_csv_map_column column;
    const char *value; /* "*" = the name of the record */
};

struct vr_csv_map_file {
    const struct vr_json *node;
    const char *name; /* with at most one '*' */
    struct vr_csv_format format;
    const char *missing[16 + 1];

    struct vr_csv_map_head head[VR_CSV_HEAD_MAX];
    size_t head_count;
    bool has_start;           /* the head tells it */
    bool has_rate;            /* `rate` does, or the head, or a comment */
    struct vr_rate rate;      /* 0/0 = see the head or the comment */
    const char *rate_comment; /* NULL = none */
    struct vr_csv_map_time time;
    int64_t shift_ns;

    struct vr_csv_map_where where[VR_CSV_WHERE_MAX];
    size_t where_count;
    struct vr_csv_map_signal *signals;
    size_t signal_count;
    struct vr_csv_map_truth *truths;
    size_t truth_count;
};

struct vr_csv_map {
    struct vr_json_doc *doc;
    const char *record;   /* NULL = not said */
    struct vr_rate ticks; /* 0/0 = not said */
    struct vr_csv_map_file *files;
    size_t file_count;
    size_t signal_count; /* of all files; at most VR_SIGNALS_MAX */
};

/* Read a mapping: `size` bytes; `display` stands for the file in errors, which read
 * "FILE:LINE:COLUMN: ...".  VR_ERR_INPUT.  The caller ends *ret_map. */
int vr_csv_map_parse(
    const char *text, size_t size, const char *display, struct vr_csv_map *ret_map,
    struct vr_err *err);

void vr_csv_map_finish(struct vr_csv_map *map);

/* The column of an open table.  VR_ERR_INPUT when the table does not have it. */
int vr_csv_map_column_find(
    const struct vr_csv_map_column *column, const struct vr_csv_table *table, size_t *ret_column,
    struct vr_err *err);

#endif
