/* Driver "csv": files of delimited text, by a mapping file that says what is what.  The parts know
 * names, rows, grids and truth; this file knows what the files of a record have in common. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/csv_grid.h"
#include "dataset/csv_part.h"
#include "dataset/csv_place.h"
#include "dataset/csv_truth.h"
#include "dataset/dataset.h"

#define NS_PER_S INT64_C(1000000000)

/* In pedantic C the 128-bit integer needs the word. */
__extension__ typedef __int128 wide;

struct source {
    size_t grid, column;
};

struct csv {
    struct vr_csv_place place;
    struct vr_record record;
    struct vr_signal *signals;
    struct source *sources; /* of each signal */
    struct vr_csv_grid *grids;
    size_t grid_count;
    bool has_origin;
    enum vr_csv_zero zero;
    struct vr_csv_truth_frame frame;
};

static bool csv_probe(const char *path)
{
    return vr_csv_place_fits(path);
}

static int csv_list(const char *path, struct vr_names *ret_names, struct vr_err *err)
{
    _cleanup_(vr_csv_place_finish) struct vr_csv_place place = {.folder_fd = -1};
    int r = vr_csv_place_open(&place, path, NULL, err);
    return r < 0 ? r : vr_csv_place_list(&place, ret_names, err);
}

/* -- opening -- */

static void csv_close(void *state)
{
    struct csv *csv = state;
    for (size_t i = 0; i < csv->grid_count; i++)
        vr_csv_grid_finish(&csv->grids[i]);
    free(csv->grids);
    free(csv->signals);
    free(csv->sources);
    vr_csv_place_finish(&csv->place);
    *csv = (struct csv){.place.folder_fd = -1};
}

/* A file of the record as it was opened, with the stamp of its first row. */
struct opened {
    struct vr_csv_part part;
    bool any; /* row */
    int64_t stamp, begin_ns;
};

/* Files that tell of one time must tell it by one clock. */
static int zero_check(struct csv *csv, const struct vr_csv_part *part, struct vr_err *err)
{
    static const char *const zeros[] = {
        "from the start", "since 1970, in UTC", "in a time zone that is not said"};
    enum vr_csv_zero zero = vr_csv_part_zero(part);
    if (!vr_csv_part_has_clock(part) || !csv->has_origin || zero == csv->zero)
        return 0;
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: its times count %s, those of another file of the record %s; the two cannot be "
        "compared",
        vr_csv_table_display(part->table), zeros[zero], zeros[csv->zero]);
}

static int first_row(struct csv *csv, struct opened *opened, struct vr_err *err)
{
    struct vr_csv_part *part = &opened->part;
    vr_csv_part_rewind(part);
    int r = vr_csv_part_next(part, err);
    if (r == -VR_ERR_EMPTY)
        return 0;
    if (r == 0)
        r = vr_csv_part_stamp(part, &opened->stamp, err);
    if (r == 0)
        r = vr_csv_part_time(part, opened->stamp, &opened->begin_ns, err);
    if (r == 0)
        r = zero_check(csv, part, err);
    if (r < 0)
        return r;
    opened->any = true;
    if (!vr_csv_part_has_clock(part))
        return 0;
    if (!csv->has_origin || opened->begin_ns < csv->frame.origin_ns)
        csv->frame.origin_ns = opened->begin_ns;
    csv->zero = vr_csv_part_zero(part);
    csv->has_origin = true;
    return 0;
}

/* Open the files that the record is made of: those with signals, or, if there are none, all. */
static int files_open(
    struct csv *csv, struct vr_digest *digest, struct opened *opened, struct vr_err *err)
{
    const struct vr_csv_map *map = &csv->place.map;
    for (size_t i = 0; i < map->file_count; i++) {
        if (map->signal_count && !map->files[i].signal_count)
            continue;
        int r = vr_csv_part_open(
            csv->place.folder_fd, csv->place.folder, &map->files[i], csv->record.name, digest,
            &opened[i].part, err);
        if (r == 0)
            r = first_row(csv, &opened[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The slot, by the file's rate, that it begins with. */
static int slot_of_begin(
    const struct csv *csv, const struct opened *opened, int64_t *ret_slot, struct vr_err *err)
{
    const struct vr_csv_part *part = &opened->part;
    wide late = (wide)opened->begin_ns - (vr_csv_part_has_clock(part) ? csv->frame.origin_ns : 0);
    wide under = (wide)part->rate.den * NS_PER_S;
    wide slot = (2 * late * part->rate.num + under) / (2 * under);
    if (late < 0 || late > (wide)(part->map->time.gap_max_s * (double)NS_PER_S) ||
        slot > VR_CSV_ROWS_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: begins %.0f s after the record; if that is real, allow it by \"gap_max_s\"",
            vr_csv_table_display(part->table), (double)late / (double)NS_PER_S);
    *ret_slot = (int64_t)slot;
    return 0;
}

static int grids_survey(struct csv *csv, struct opened *opened, struct vr_err *err)
{
    for (size_t i = 0; i < csv->place.map.file_count; i++) {
        int64_t slot = 0;
        struct vr_csv_grid *grid = &csv->grids[csv->grid_count];
        if (!opened[i].part.table || !opened[i].part.map->signal_count)
            continue;
        int r = opened[i].any ? slot_of_begin(csv, &opened[i], &slot, err) : 0;
        if (r == 0)
            r = vr_csv_grid_survey(&opened[i].part, opened[i].stamp, slot, grid, err);
        if (r < 0)
            return r;
        csv->grid_count++;
    }
    return 0;
}

/* -- what the record is -- */

static void warn(struct csv *csv, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void warn(struct csv *csv, const char *format, ...)
{
    char *text = csv->record.warning;
    size_t used = strlen(text), size = sizeof csv->record.warning;
    if (used && used + 2 < size) {
        strcpy(text + used, "; ");
        used += 2;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static void grid_warn(struct csv *csv, const struct vr_csv_grid *grid)
{
    const char *name = vr_csv_base_name(grid->part.name);
    if (grid->gap_count)
        warn(
            csv, "%.40s: %" PRId64 " gaps, %" PRId64 " samples are missing", name, grid->gap_count,
            grid->gap_slots);
    if (grid->dropped)
        warn(
            csv, "%.40s: %" PRId64 " rows of a time that was over are left out", name,
            grid->dropped);
    if (grid->rounded)
        warn(csv, "%.40s: %" PRId64 " values were rounded", name, grid->rounded);
}

static uint64_t divisor(uint64_t a, uint64_t b)
{
    for (uint64_t rest; b; a = b, b = rest)
        rest = a % b;
    return a;
}

/* The least rate that both divide; where it does not fit, the faster one. */
static struct vr_rate rate_join(struct vr_rate a, struct vr_rate b)
{
    if (a.num == 0 || b.num == 0)
        return a.num ? a : b;
    uint64_t num = a.num / divisor(a.num, b.num) * (uint64_t)b.num;
    uint64_t den = divisor(a.den, b.den);
    if (num <= UINT32_MAX)
        return (struct vr_rate){(uint32_t)num, (uint32_t)den};
    return (uint64_t)a.num * b.den < (uint64_t)b.num * a.den ? b : a;
}

static struct vr_rate ticks_choose(const struct csv *csv, const struct opened *opened)
{
    struct vr_rate ticks = csv->place.map.ticks;
    if (ticks.num)
        return ticks;
    for (size_t i = 0; i < csv->grid_count; i++)
        ticks = rate_join(ticks, csv->grids[i].part.rate);
    for (size_t i = 0; i < csv->place.map.file_count && csv->grid_count == 0; i++)
        ticks = rate_join(ticks, opened[i].part.rate);
    return ticks.num ? ticks : (struct vr_rate){1000, 1};
}

/* Ticks that so many samples last, the last one begun counted whole. */
static int64_t ticks_of(struct vr_rate ticks, struct vr_rate rate, int64_t sample_count)
{
    wide over = (wide)sample_count * rate.den * ticks.num, under = (wide)rate.num * ticks.den;
    return (int64_t)((over + under - 1) / under);
}

static int signals_describe(struct csv *csv, struct vr_err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < csv->grid_count; i++) {
        const struct vr_csv_grid *grid = &csv->grids[i];
        const struct vr_csv_map_file *map = grid->part.map;
        int64_t last = ticks_of(csv->frame.ticks, grid->part.rate, grid->slot_count);
        if (last > csv->record.frame_count)
            csv->record.frame_count = last;
        for (size_t j = 0; j < map->signal_count; j++, count++) {
            const struct vr_csv_map_signal *from = &map->signals[j];
            struct vr_signal *to = &csv->signals[count];
            const char *name = from->name
                                   ? from->name
                                   : vr_csv_table_name(grid->part.table, grid->columns[j]).text;
            if (strlen(name) >= sizeof to->name)
                return vr_err_set(
                    err, VR_ERR_INPUT, "%s: the name \"%.40s...\" is too long; give a \"name\"",
                    vr_csv_table_display(grid->part.table), name);
            strcpy(to->name, name);
            strcpy(to->unit, from->unit);
            to->rate_num = grid->part.rate.num;
            to->rate_den = grid->part.rate.den;
            to->gain = from->gain;
            to->baseline = from->baseline;
            to->sample_count = grid->slot_count;
            csv->sources[count] = (struct source){i, j};
        }
        grid_warn(csv, grid);
    }
    csv->record.signal_count = count;
    csv->record.signals = csv->signals;
    return 0;
}

/* The length of a record without signals: up to the end of the last row of any file. */
static int truths_measure(struct csv *csv, struct opened *opened, struct vr_err *err)
{
    for (size_t i = 0; i < csv->place.map.file_count && csv->grid_count == 0; i++) {
        struct vr_csv_part *part = &opened[i].part;
        int r = 0;
        vr_csv_part_rewind(part);
        while ((r = vr_csv_part_next(part, err)) == 0) {
            int64_t stamp, ns = 0;
            r = vr_csv_part_stamp(part, &stamp, err);
            if (r == 0)
                r = vr_csv_part_time(part, stamp, &ns, err);
            if (r < 0)
                return r;
            int64_t row = part->rate.num ? ticks_of(csv->frame.ticks, part->rate, 1) : 1;
            int64_t end = vr_csv_truth_tick(&csv->frame, part, ns);
            if (end < INT64_MAX - row && end + row > csv->record.frame_count)
                csv->record.frame_count = end + row;
        }
        if (r != -VR_ERR_EMPTY)
            return r;
    }
    return 0;
}

static int record_make(
    struct csv *csv, struct vr_digest *digest, struct opened *opened, struct vr_err *err)
{
    size_t count = csv->place.map.signal_count + 1; /* never 0, which calloc may answer with NULL */
    csv->signals = calloc(count, sizeof *csv->signals);
    csv->sources = calloc(count, sizeof *csv->sources);
    csv->grids = calloc(csv->place.map.file_count, sizeof *csv->grids);
    if (!csv->signals || !csv->sources || !csv->grids)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its signals", csv->record.name);
    int r = files_open(csv, digest, opened, err);
    if (r == 0)
        r = grids_survey(csv, opened, err);
    if (r < 0)
        return r;
    csv->frame.ticks = ticks_choose(csv, opened);
    csv->record.rate_num = csv->frame.ticks.num;
    csv->record.rate_den = csv->frame.ticks.den;
    r = signals_describe(csv, err);
    if (r == 0)
        r = truths_measure(csv, opened, err);
    if (r == 0 && csv->record.frame_count == 0)
        r = vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: no rows of record %s", csv->place.folder, csv->record.name);
    csv->frame.tick_count = csv->record.frame_count;
    return r;
}

static int csv_open(void *state, const char *path, const char *record, struct vr_err *err)
{
    struct csv *csv = state;
    struct vr_digest digest;
    vr_digest_init(&digest);
    csv->place.folder_fd = -1;
    if (strlen(record) >= sizeof csv->record.name)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the record name \"%.40s...\" is longer than %d bytes", path,
            record, VR_NAME_SIZE - 1);
    strcpy(csv->record.name, record);
    int r = vr_csv_place_open(&csv->place, path, &digest, err);
    if (r < 0)
        return r;
    struct opened *opened = calloc(csv->place.map.file_count, sizeof *opened);
    if (!opened)
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", path);
    else
        r = record_make(csv, &digest, opened, err);
    for (size_t i = 0; opened && i < csv->place.map.file_count; i++)
        vr_csv_part_finish(&opened[i].part);
    free(opened);
    if (r < 0) {
        csv_close(csv);
        return r;
    }
    vr_digest_finish(&digest, csv->record.sha256);
    return 0;
}

/* -- an open record -- */

static const struct vr_record *csv_record(const void *state)
{
    return &((const struct csv *)state)->record;
}

static int csv_read(
    void *state, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    struct csv *csv = state;
    const struct source *source = &csv->sources[signal];
    return vr_csv_grid_read(
        &csv->grids[source->grid], source->column, first, count, ret_values, err);
}

static int csv_truth(
    void *state, const char *annotator, struct vr_annotations *ret_list, struct vr_err *err)
{
    struct csv *csv = state;
    const struct vr_csv_map *map = &csv->place.map;
    for (size_t i = 0; i < map->file_count; i++)
        for (size_t j = 0; j < map->files[i].truth_count; j++) {
            if (strcmp(map->files[i].truths[j].annotator, annotator) != 0)
                continue;
            _cleanup_(vr_csv_part_finish) struct vr_csv_part part = {0};
            int r = vr_csv_part_open(
                csv->place.folder_fd, csv->place.folder, &map->files[i], csv->record.name, NULL,
                &part, err);
            if (r == 0)
                r = zero_check(csv, &part, err);
            return r < 0 ? r
                         : vr_csv_truth_read(
                               &part, &map->files[i].truths[j], &csv->frame, ret_list, err);
        }
    return vr_err_set(
        err, VR_ERR_NOT_FOUND, "record %s: its mapping has no truth of the annotator \"%.60s\"",
        csv->record.name, annotator);
}

static int csv_annotators(
    const char *path, const char *record, struct vr_names *ret_names, struct vr_err *err)
{
    (void)record;
    _cleanup_(vr_csv_place_finish) struct vr_csv_place place = {.folder_fd = -1};
    int r = vr_csv_place_open(&place, path, NULL, err);
    const struct vr_csv_map *map = &place.map;
    for (size_t i = 0; r == 0 && i < map->file_count; i++)
        for (size_t j = 0; r == 0 && j < map->files[i].truth_count; j++)
            r = vr_names_add(ret_names, map->files[i].truths[j].annotator, err);
    return r;
}

const struct vr_dataset_driver vr_dataset_csv = {
    .name = "csv",
    .summary = "delimited text by a mapping file, NAME.map.json, that says what its columns are",
    .state_size = sizeof(struct csv),
    .probe = csv_probe,
    .list = csv_list,
    .open = csv_open,
    .record = csv_record,
    .read = csv_read,
    .truth = csv_truth,
    .close = csv_close,
    .annotators = csv_annotators,
};
