/* Head, rows, stamps. */
#include "dataset/csv_part.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/csv_archive.h"
#include "dataset/csv_names.h"

#define BLOCK_SIZE 65536
#define NS_PER_S INT64_C(1000000000)
#define PACED_NS_MAX (INT64_C(1) << 60)

/* In pedantic C the 128-bit integer needs the word. */
__extension__ typedef __int128 wide;

static int bytes_digest(
    const struct vr_folder_file *file, const char *display, struct vr_digest *digest,
    struct vr_err *err)
{
    uint8_t bytes[BLOCK_SIZE];
    for (int64_t at = 0; at < file->size; at += BLOCK_SIZE) {
        size_t size = file->size - at < BLOCK_SIZE ? (size_t)(file->size - at) : BLOCK_SIZE;
        int r = vr_folder_file_read(file, display, at, size, bytes, err);
        if (r < 0)
            return r;
        vr_digest_update(digest, bytes, size);
    }
    return 0;
}

static int table_open(
    struct vr_csv_part *part, int folder_fd, const char *path, struct vr_digest *digest,
    struct vr_err *err)
{
    char display[VR_ERR_TEXT_SIZE / 2];
    struct vr_folder_file file = {.fd = -1};
    int r = vr_csv_archive_open(folder_fd, path, part->name, &file, err);
    if (r < 0)
        return r;
    snprintf(display, sizeof display, "%s/%s", path, part->name);
    if (digest)
        r = bytes_digest(&file, display, digest, err);
    if (r < 0) {
        close(file.fd);
        return r;
    }
    return vr_csv_table_create(&file, display, &part->map->format, &part->table, err);
}

/* Several columns that tell the same must tell the same. */
static int head_check_columns(const struct vr_csv_part *part, struct vr_err *err)
{
    struct vr_slice first = vr_csv_table_cell(part->table, 0);
    for (size_t i = 1; i < part->map->signal_count; i++) {
        const struct vr_csv_map_column *column = &part->map->signals[i].column;
        size_t number = column->number;
        if (column->name || number >= vr_csv_table_width(part->table))
            continue;
        if (strcmp(vr_csv_table_cell(part->table, number).text, first.text) != 0)
            return vr_csv_table_fail(
                part->table, number, err, "\"%s\" in a head whose first column tells \"%s\"",
                vr_csv_table_cell(part->table, number).text, first.text);
    }
    return 0;
}

static int head_read(struct vr_csv_part *part, struct vr_err *err)
{
    const struct vr_csv_map_file *map = part->map;
    for (size_t i = 0; i < map->head_count; i++) {
        int r = vr_csv_table_next(part->table, err);
        if (r == -VR_ERR_EMPTY)
            return vr_err_set(
                err, VR_ERR_INPUT, "%s: the file ends in its head of %zu rows",
                vr_csv_table_display(part->table), map->head_count);
        if (r == 0 && map->head[i].what != VR_CSV_HEAD_SKIP)
            r = head_check_columns(part, err);
        if (r < 0)
            return r;
        struct vr_slice cell = vr_csv_table_cell(part->table, 0);
        if (map->head[i].what == VR_CSV_HEAD_RATE &&
            !vr_rate_parse(cell.text, cell.size, &part->rate))
            return vr_csv_table_fail(part->table, 0, err, "\"%.60s\" is no rate", cell.text);
        if (map->head[i].what == VR_CSV_HEAD_START &&
            !vr_csv_time_parse(&map->head[i].clock, cell, map->format.decimal, &part->start_ns))
            return vr_csv_table_fail(
                part->table, 0, err, "\"%.60s\" is no time of the start", cell.text);
    }
    part->has_start = map->has_start;
    return 0;
}

static int rate_read(struct vr_csv_part *part, struct vr_err *err)
{
    char text[64];
    part->rate = part->map->rate;
    if (!part->map->rate_comment)
        return 0;
    int r = vr_csv_table_comment(part->table, part->map->rate_comment, text, sizeof text, err);
    if (r == 0 && !vr_rate_parse(text, strlen(text), &part->rate))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: \"%s\" in the comment %s is no rate",
            vr_csv_table_display(part->table), text, part->map->rate_comment);
    return r;
}

static int columns_find(struct vr_csv_part *part, struct vr_err *err)
{
    const struct vr_csv_map_file *map = part->map;
    int r = 0;
    for (size_t i = 0; i < map->time.column_count && r == 0; i++)
        r = vr_csv_map_column_find(&map->time.columns[i], part->table, &part->time_columns[i], err);
    for (size_t i = 0; i < map->where_count && r == 0; i++)
        r = vr_csv_map_column_find(
            &map->where[i].column, part->table, &part->where_columns[i], err);
    return r;
}

static int part_begin(
    struct vr_csv_part *part, int folder_fd, const char *path, struct vr_digest *digest,
    struct vr_err *err)
{
    char name[VR_CSV_FILE_NAME_SIZE];
    int r = vr_csv_names_fill(part->map->name, part->record, name, err);
    if (r < 0)
        return r;
    part->name = strdup(name);
    if (!part->name)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", name);
    r = table_open(part, folder_fd, path, digest, err);
    if (r == 0)
        r = rate_read(part, err);
    if (r == 0)
        r = head_read(part, err);
    if (r == 0)
        r = columns_find(part, err);
    if (r == 0)
        vr_csv_table_tell(part->table, &part->rows_offset, &part->rows_line);
    return r;
}

int vr_csv_part_open(
    int folder_fd, const char *path, const struct vr_csv_map_file *map, const char *record,
    struct vr_digest *digest, struct vr_csv_part *ret_part, struct vr_err *err)
{
    struct vr_csv_part part = {.map = map, .record = record, .row = -1};
    int r = part_begin(&part, folder_fd, path, digest, err);
    if (r < 0) {
        vr_csv_part_finish(&part);
        return r;
    }
    *ret_part = part;
    return 0;
}

void vr_csv_part_finish(struct vr_csv_part *part)
{
    if (!part)
        return;
    vr_csv_table_destroy(part->table);
    free(part->name);
    *part = (struct vr_csv_part){0};
}

static bool is_of_record(const struct vr_csv_part *part)
{
    for (size_t i = 0; i < part->map->where_count; i++) {
        const char *wanted = part->map->where[i].value;
        if (strcmp(wanted, "*") == 0)
            wanted = part->record;
        if (strcmp(vr_csv_table_cell(part->table, part->where_columns[i]).text, wanted) != 0)
            return false;
    }
    return true;
}

int vr_csv_part_next(struct vr_csv_part *part, struct vr_err *err)
{
    int r;
    do
        r = vr_csv_table_next(part->table, err);
    while (r == 0 && !is_of_record(part));
    part->row += r == 0;
    return r;
}

void vr_csv_part_seek(struct vr_csv_part *part, int64_t offset, int64_t line, int64_t row)
{
    vr_csv_table_seek(part->table, offset, line);
    part->row = row - 1;
}

void vr_csv_part_rewind(struct vr_csv_part *part)
{
    vr_csv_part_seek(part, part->rows_offset, part->rows_line, 0);
}

static int clock_read(const struct vr_csv_part *part, int64_t *ret_ns, struct vr_err *err)
{
    const struct vr_csv_map_time *time = &part->map->time;
    char text[4 * 64];
    size_t size = 0;
    for (size_t i = 0; i < time->column_count; i++) {
        struct vr_slice cell = vr_csv_table_cell(part->table, part->time_columns[i]);
        if (cell.size > 62)
            return vr_csv_table_fail(
                part->table, part->time_columns[i], err, "\"%.60s...\" is no time", cell.text);
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", i ? " " : "", cell.text);
    }
    if (vr_csv_time_parse(
            &time->clock, (struct vr_slice){text, size}, part->map->format.decimal, ret_ns))
        return 0;
    return vr_csv_table_fail(
        part->table, part->time_columns[0], err, "\"%.60s\" is no time of the kind \"%s\"", text,
        time->unit);
}

int vr_csv_part_stamp(const struct vr_csv_part *part, int64_t *ret_stamp, struct vr_err *err)
{
    const struct vr_csv_map_time *time = &part->map->time;
    if (time->kind == VR_CSV_TIME_CLOCK)
        return clock_read(part, ret_stamp, err);
    if (time->kind == VR_CSV_TIME_PACE) {
        *ret_stamp = part->row;
        return 0;
    }
    struct vr_decimal value;
    struct vr_slice cell = vr_csv_table_cell(part->table, part->time_columns[0]);
    if (vr_decimal_parse(cell, part->map->format.decimal, &value) &&
        vr_decimal_steps(value, (struct vr_decimal){1, 0, false}, VR_CSV_ROWS_MAX, ret_stamp) ==
            VR_DECIMAL_EXACT)
        return 0;
    return vr_csv_table_fail(
        part->table, part->time_columns[0], err, "\"%.60s\" is no number of a row", cell.text);
}

enum vr_csv_zero vr_csv_part_zero(const struct vr_csv_part *part)
{
    if (part->has_start)
        return VR_CSV_ZERO_UTC;
    return part->map->time.kind == VR_CSV_TIME_CLOCK ? part->map->time.clock.zero
                                                     : VR_CSV_ZERO_START;
}

bool vr_csv_part_has_clock(const struct vr_csv_part *part)
{
    return part->has_start || part->map->time.kind != VR_CSV_TIME_PACE;
}

int vr_csv_part_time(
    const struct vr_csv_part *part, int64_t stamp, int64_t *ret_ns, struct vr_err *err)
{
    wide ns = stamp;
    if (part->map->time.kind != VR_CSV_TIME_CLOCK) {
        wide twice = 2 * ns * part->rate.den * NS_PER_S / part->rate.num;
        ns = (twice + (twice < 0 ? -1 : 1)) / 2;
        if (ns < -PACED_NS_MAX || ns > PACED_NS_MAX)
            return vr_csv_table_fail(
                part->table, 0, err, "this row is further than 36 years from the start");
    }
    *ret_ns = (int64_t)ns + (part->has_start ? part->start_ns : 0) + part->map->shift_ns;
    return 0;
}
