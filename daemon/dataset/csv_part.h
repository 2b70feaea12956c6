/* One file of a mapping, open for one record: its rows, and when they were. */
#ifndef VR_DATASET_CSV_PART_H
#define VR_DATASET_CSV_PART_H

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "dataset/csv_map.h"
#include "dataset/csv_table.h"
#include "dataset/rate.h"

#define VR_CSV_ROWS_MAX \
    (INT64_C(1) << 40) /* of a record in one file, gaps included: 34 years at 1 kHz */

struct vr_csv_part {
    const struct vr_csv_map_file *map;
    const char *record; /* the caller's */
    char *name;         /* of the file */
    struct vr_csv_table *table;
    struct vr_rate rate; /* of rows; 0/0 = none was told */
    bool has_start;
    int64_t start_ns; /* by the head's clock */
    size_t time_columns[VR_CSV_TIME_COLUMNS_MAX];
    size_t where_columns[VR_CSV_WHERE_MAX];
    int64_t rows_offset, rows_line; /* of the first row behind the head */
    int64_t row;                    /* of this record, from 0; -1 = before the first */
};

/* Open the file and read its head; its bytes go into `digest`, unless that is NULL.  VR_ERR_NOT_FOUND
 * when the record has no such file.  The caller ends *ret_part. */
int vr_csv_part_open(
    int folder_fd, const char *path, const struct vr_csv_map_file *map, const char *record,
    struct vr_digest *digest, struct vr_csv_part *ret_part, struct vr_err *err);
void vr_csv_part_finish(struct vr_csv_part *part);

/* Step to the next row that is of the record.  -VR_ERR_EMPTY = there is none. */
int vr_csv_part_next(struct vr_csv_part *part, struct vr_err *err);

/* Go to the first row again, or to one whose place and number are known: the next row is that one. */
void vr_csv_part_rewind(struct vr_csv_part *part);
void vr_csv_part_seek(struct vr_csv_part *part, int64_t offset, int64_t line, int64_t row);

/* What the row tells about its time: nanoseconds by the file's clock, or its number. */
int vr_csv_part_stamp(const struct vr_csv_part *part, int64_t *ret_stamp, struct vr_err *err);

/* What the clock of the file counts from. */
enum vr_csv_zero vr_csv_part_zero(const struct vr_csv_part *part);

/* Whether the times of the file are by a clock; else it begins with the record. */
bool vr_csv_part_has_clock(const struct vr_csv_part *part);

/* When a row with this stamp was, in nanoseconds by the clock, or from the start of the record; shifted
 * by shift_s.  VR_ERR_INPUT when that is further away than 36 years. */
int vr_csv_part_time(
    const struct vr_csv_part *part, int64_t stamp, int64_t *ret_ns, struct vr_err *err);

#endif
