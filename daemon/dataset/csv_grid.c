/* A mark holds the slot of a row: its time is within the tolerance of it, so that a read that begins
 * there places this row, and all behind it, as the survey did. */
#include "dataset/csv_grid.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S INT64_C(1000000000)
#define MILLIONTH 1000000

/* In pedantic C the 128-bit integer needs the word. */
__extension__ typedef __int128 wide;

struct vr_csv_mark {
    int64_t slot; /* of this row */
    int64_t offset, line, row;
};

enum place { PLACED, DROPPED };

/* Where the row at hand belongs; `next` is the slot behind the row before it. */
static int row_place(
    const struct vr_csv_grid *grid, int64_t next, enum place *ret_place, int64_t *ret_slot,
    struct vr_err *err)
{
    const struct vr_csv_part *part = &grid->part;
    const struct vr_csv_map_time *time = &part->map->time;
    int64_t stamp;
    *ret_place = PLACED;
    *ret_slot = next;
    if (time->kind == VR_CSV_TIME_PACE)
        return 0;
    int r = vr_csv_part_stamp(part, &stamp, err);
    if (r < 0)
        return r;

    /* In `scale`ths of a slot. */
    bool clock = time->kind == VR_CSV_TIME_CLOCK;
    wide scale = clock ? (wide)part->rate.den * NS_PER_S : 1;
    wide at = ((wide)stamp - grid->stamp_first) * (clock ? part->rate.num : 1);
    wide astray = at - (wide)(next - grid->slot_first) * scale;
    wide tolerance = (wide)(time->tolerance * MILLIONTH + 0.5) * scale;
    if (astray * MILLIONTH <= tolerance && -astray * MILLIONTH <= tolerance)
        return 0;
    if (astray < 0) {
        *ret_place = DROPPED;
        return 0;
    }
    wide slot = (at + scale / 2) / scale + grid->slot_first;
    double gap_s = (double)(slot - next) * part->rate.den / part->rate.num;
    if (gap_s > time->gap_max_s)
        return vr_csv_table_fail(
            part->table, part->time_columns[0], err,
            "a gap of %.0f s before this row; if it is real, allow it by \"gap_max_s\"", gap_s);
    if (slot >= VR_CSV_ROWS_MAX)
        return vr_csv_table_fail(
            part->table, part->time_columns[0], err, "more than %" PRId64 " samples",
            VR_CSV_ROWS_MAX);
    *ret_slot = (int64_t)slot;
    return 0;
}

static int value_read(
    const struct vr_csv_grid *grid, size_t signal, int32_t *ret_value, bool *ret_rounded,
    struct vr_err *err)
{
    const struct vr_csv_table *table = grid->part.table;
    const struct vr_csv_map_signal *map = &grid->part.map->signals[signal];
    size_t column = grid->columns[signal];
    struct vr_slice cell = vr_csv_table_cell(table, column);
    struct vr_decimal value;
    int64_t steps;
    *ret_rounded = false;
    *ret_value = VR_SAMPLE_INVALID;
    if (vr_csv_table_missing(table, column))
        return 0;
    if (!vr_decimal_parse(cell, grid->part.map->format.decimal, &value))
        return vr_csv_table_fail(
            table, column, err, "\"%.*s\" is no number with a decimal %s", VR_SLICE_SHOWN(cell),
            grid->part.map->format.decimal == ',' ? "comma" : "point");
    switch (vr_decimal_steps(value, map->resolution, INT32_MAX, &steps)) {
    case VR_DECIMAL_OUTSIDE:
        return vr_csv_table_fail(
            table, column, err,
            "%.*s counted in steps of %" PRId64 "e%d does not fit 32 bits; give a coarser "
            "\"resolution\"",
            VR_SLICE_SHOWN(cell), map->resolution.mantissa, map->resolution.exponent);
    case VR_DECIMAL_ROUNDED:
        if (!map->round)
            return vr_csv_table_fail(
                table, column, err,
                "%.*s is no whole number of steps of %" PRId64 "e%d; give a finer \"resolution\", "
                "or \"round\": true",
                VR_SLICE_SHOWN(cell), map->resolution.mantissa, map->resolution.exponent);
        *ret_rounded = true;
        break;
    case VR_DECIMAL_EXACT:
        break;
    }
    *ret_value = (int32_t)steps;
    return 0;
}

/* -- the survey -- */

static int mark_add(struct vr_csv_grid *grid, int64_t slot, struct vr_err *err)
{
    if (grid->mark_count == grid->mark_capacity) {
        size_t capacity = grid->mark_capacity ? 2 * grid->mark_capacity : 16;
        void *marks = reallocarray(grid->marks, capacity, sizeof *grid->marks);
        if (!marks)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu marks", capacity);
        grid->marks = marks;
        grid->mark_capacity = capacity;
    }
    grid->marks[grid->mark_count++] = (struct vr_csv_mark){
        slot, vr_csv_table_offset(grid->part.table), vr_csv_table_line(grid->part.table),
        grid->part.row};
    return 0;
}

static int values_check(struct vr_csv_grid *grid, struct vr_err *err)
{
    for (size_t i = 0; i < grid->part.map->signal_count; i++) {
        int32_t value;
        bool rounded;
        int r = value_read(grid, i, &value, &rounded, err);
        if (r < 0)
            return r;
        grid->rounded += rounded;
    }
    return 0;
}

static int row_survey(struct vr_csv_grid *grid, struct vr_err *err)
{
    enum place place;
    int64_t slot, next = grid->slot_count;
    int r = row_place(grid, next, &place, &slot, err);
    if (r == 0 && place == PLACED && grid->row_count % VR_CSV_GRID_CHUNK == 0)
        r = mark_add(grid, slot, err);
    if (r < 0)
        return r;
    if (place == DROPPED) {
        grid->dropped++;
        return 0;
    }
    grid->gap_count += slot > next;
    grid->gap_slots += slot - next;
    grid->slot_count = slot + 1;
    grid->row_count++;
    return values_check(grid, err);
}

static int rows_survey(struct vr_csv_grid *grid, struct vr_err *err)
{
    const struct vr_csv_part *part = &grid->part;
    int r = 0;
    for (size_t i = 0; i < part->map->signal_count && r == 0; i++)
        r = vr_csv_map_column_find(
            &part->map->signals[i].column, part->table, &grid->columns[i], err);
    vr_csv_part_rewind(&grid->part);
    while (r == 0 && (r = vr_csv_part_next(&grid->part, err)) == 0)
        r = row_survey(grid, err);
    return r == -VR_ERR_EMPTY ? 0 : r;
}

int vr_csv_grid_survey(
    struct vr_csv_part *part, int64_t stamp, int64_t slot_first, struct vr_csv_grid *ret_grid,
    struct vr_err *err)
{
    struct vr_csv_grid grid = {
        .part = *part,
        .stamp_first = stamp,
        .slot_first = slot_first,
        .slot_count = slot_first,
        .chunk_at = -1,
    };
    *part = (struct vr_csv_part){0};
    int r = rows_survey(&grid, err);
    if (r < 0) {
        vr_csv_grid_finish(&grid);
        return r;
    }
    *ret_grid = grid;
    return 0;
}

void vr_csv_grid_finish(struct vr_csv_grid *grid)
{
    if (!grid)
        return;
    vr_csv_part_finish(&grid->part);
    free(grid->marks);
    free(grid->chunk);
    *grid = (struct vr_csv_grid){0};
}

/* -- reading -- */

/* The last mark whose row is at or before a slot; the first when there is none. */
static const struct vr_csv_mark *mark_find(const struct vr_csv_grid *grid, int64_t slot)
{
    size_t low = 0, high = grid->mark_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (grid->marks[middle].slot <= slot)
            low = middle;
        else
            high = middle;
    }
    return &grid->marks[low];
}

/* Put the values of the row at hand into the chunk. */
static int row_keep(struct vr_csv_grid *grid, int64_t slot, struct vr_err *err)
{
    int64_t at = slot - grid->chunk_at;
    if (at < 0)
        return 0;
    for (size_t i = 0; i < grid->part.map->signal_count; i++) {
        bool rounded;
        int r =
            value_read(grid, i, &grid->chunk[(int64_t)i * VR_CSV_GRID_CHUNK + at], &rounded, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int chunk_fill(struct vr_csv_grid *grid, struct vr_err *err)
{
    size_t values = grid->part.map->signal_count * VR_CSV_GRID_CHUNK;
    if (!grid->chunk)
        grid->chunk = calloc(values, sizeof *grid->chunk);
    if (!grid->chunk)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu samples", values);
    for (size_t i = 0; i < values; i++)
        grid->chunk[i] = VR_SAMPLE_INVALID;
    if (grid->mark_count == 0)
        return 0;
    const struct vr_csv_mark *mark = mark_find(grid, grid->chunk_at);
    int64_t next = mark->slot, end = grid->chunk_at + VR_CSV_GRID_CHUNK;
    vr_csv_part_seek(&grid->part, mark->offset, mark->line, mark->row);
    int r;
    while (next < end && (r = vr_csv_part_next(&grid->part, err)) != -VR_ERR_EMPTY) {
        enum place place;
        int64_t slot;
        if (r == 0)
            r = row_place(grid, next, &place, &slot, err);
        if (r < 0)
            return r;
        if (place == DROPPED)
            continue;
        if (slot >= end)
            break;
        r = row_keep(grid, slot, err);
        if (r < 0)
            return r;
        next = slot + 1;
    }
    return 0;
}

int vr_csv_grid_read(
    struct vr_csv_grid *grid, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    while (count) {
        int64_t chunk = first / VR_CSV_GRID_CHUNK * VR_CSV_GRID_CHUNK;
        if (chunk != grid->chunk_at) {
            grid->chunk_at = chunk;
            int r = chunk_fill(grid, err);
            if (r < 0) {
                grid->chunk_at = -1;
                return r;
            }
        }
        size_t at = (size_t)(first - chunk), size = VR_CSV_GRID_CHUNK - at;
        if (size > count)
            size = count;
        memcpy(
            ret_values, grid->chunk + signal * VR_CSV_GRID_CHUNK + at, size * sizeof *ret_values);
        ret_values += size;
        first += (int64_t)size;
        count -= size;
    }
    return 0;
}
