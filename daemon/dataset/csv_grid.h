/* The samples of one file on an even grid of slots, read by position.
 *
 * A row without a time of its own takes the next slot.  A row with one takes the next slot when its
 * time is within the tolerance of it; a later one takes the slot that is nearest to its time, which
 * leaves a gap of invalid samples; an earlier one is dropped.  The grid begins with the first row:
 * so no sample is further from its time than the tolerance, and half a slot of what the record begins
 * with.  Gaps and dropped rows are counted. */
#ifndef VR_DATASET_CSV_GRID_H
#define VR_DATASET_CSV_GRID_H

#include <stdint.h>

#include "base/err.h"
#include "dataset/csv_part.h"

#define VR_CSV_GRID_CHUNK 4096 /* slots that are held, and rows from one mark to the next */

struct vr_csv_mark;

struct vr_csv_grid {
    struct vr_csv_part part; /* owned */
    size_t columns[VR_SIGNALS_MAX];
    int64_t stamp_first; /* of the first row */
    int64_t slot_first;
    int64_t slot_count;        /* up to the last row; what comes before the first is invalid */
    struct vr_csv_mark *marks; /* where rows are, for every so many rows */
    size_t mark_count, mark_capacity;
    int32_t *chunk;   /* of every signal, one after the other */
    int64_t chunk_at; /* -1 = none */

    int64_t row_count;
    int64_t gap_count, gap_slots; /* between rows, by their times */
    int64_t dropped;              /* rows of a time that was taken */
    int64_t rounded;              /* values */
};

/* Take an open part with signals (also on error); `slot_first` is that of its first row, whose stamp
 * is `stamp`.  Reads every row once and checks its values.  The caller ends *ret_grid. */
int vr_csv_grid_survey(
    struct vr_csv_part *part, int64_t stamp, int64_t slot_first, struct vr_csv_grid *ret_grid,
    struct vr_err *err);
void vr_csv_grid_finish(struct vr_csv_grid *grid);

/* Slots [first, first + count), inside the grid, of a signal of the file. */
int vr_csv_grid_read(
    struct vr_csv_grid *grid, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err);

#endif
