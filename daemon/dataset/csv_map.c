/* The schema says what is allowed where; here is what a schema cannot say, and the defaults. */
#include "dataset/csv_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_error.h"
#include "base/json_member.h"
#include "base/schema.h"
#include "dataset/folder.h"

extern const char vr_schema_csv_map[];

#define NS_PER_S 1e9
#define DEFAULT_TOLERANCE 0.5
#define DEFAULT_GAP_MAX_S 86400

/* A member of a file, or else of the whole mapping. */
static const struct vr_json *option(
    const struct vr_json *root, const struct vr_json *file, const char *key)
{
    const struct vr_json *node = vr_json_get(file, key);
    return node ? node : vr_json_get(root, key);
}

static const char *option_text(
    const struct vr_json *root, const struct vr_json *file, const char *key, const char *absent)
{
    const struct vr_json *node = option(root, file, key);
    return node ? vr_json_string(node) : absent;
}

static void read_column(const struct vr_json *node, struct vr_csv_map_column *ret_column)
{
    bool named = vr_json_kind(node) == VR_JSON_STRING;
    *ret_column = (struct vr_csv_map_column){
        .name = named ? vr_json_string(node) : NULL,
        .number = named ? 0 : (size_t)vr_json_number(node) - 1,
        .node = node,
    };
}

static int check_column(
    const struct vr_csv_map_file *file, const struct vr_csv_map_column *column, struct vr_err *err)
{
    if (!column->name || file->format.heading)
        return 0;
    return vr_json_error(
        err, column->node,
        "a column by its name, but the file has no heading; give its number, or \"heading\": true");
}

/* -- format -- */

static int read_format(const struct vr_json *root, struct vr_csv_map_file *file, struct vr_err *err)
{
    const struct vr_json *skip = option(root, file->node, "skip_lines");
    const struct vr_json *heading = option(root, file->node, "heading");
    const struct vr_json *missing = option(root, file->node, "missing");
    file->format = (struct vr_csv_format){
        .separator = option_text(root, file->node, "separator", ",")[0],
        .decimal = option_text(root, file->node, "decimal", ".")[0],
        .quote = option_text(root, file->node, "quote", "\"")[0],
        .comment = option_text(root, file->node, "comment", NULL),
        .skip_lines = skip ? (int64_t)vr_json_number(skip) : 0,
        .skip_until = option_text(root, file->node, "skip_until", NULL),
        .heading = heading && vr_json_bool(heading),
        .missing = file->missing,
    };
    size_t count = 0;
    for (const struct vr_json *n = missing ? vr_json_first(missing) : NULL; n; n = vr_json_next(n))
        file->missing[count++] = vr_json_string(n);
    if (file->format.separator == ',' && file->format.decimal == ',')
        return vr_json_error(
            err, file->node,
            "the comma is both the separator and the decimal point of this file; set one of them");
    return 0;
}

/* -- time -- */

static int read_rate(const struct vr_json *node, struct vr_rate *ret_rate, struct vr_err *err)
{
    char text[VR_JSON_EXCERPT_SIZE];
    struct vr_slice slice;
    if (vr_json_kind(node) == VR_JSON_STRING) {
        slice = (struct vr_slice){vr_json_string(node), strlen(vr_json_string(node))};
        struct vr_slice above = vr_slice_take(&slice, "/");
        vr_slice_skip(&slice, '/');
        int64_t num, den;
        if (vr_slice_integer(above, 1, UINT32_MAX, &num) &&
            vr_slice_integer(slice, 1, UINT32_MAX, &den)) {
            int64_t a = num, b = den;
            for (int64_t rest; b; a = b, b = rest)
                rest = a % b;
            *ret_rate = (struct vr_rate){(uint32_t)(num / a), (uint32_t)(den / a)};
            return 0;
        }
    } else {
        vr_json_excerpt(node, text);
        slice = (struct vr_slice){text, strlen(text)};
        if (vr_rate_parse(slice.text, slice.size, ret_rate))
            return 0;
    }
    return vr_json_error(err, node, "a rate must be a fraction of two numbers below 2^32");
}

static int read_head(const struct vr_json *root, struct vr_csv_map_file *file, struct vr_err *err)
{
    const struct vr_json *head = option(root, file->node, "head");
    bool has_rate = false;
    for (const struct vr_json *n = head ? vr_json_first(head) : NULL; n; n = vr_json_next(n)) {
        struct vr_csv_map_head *item = &file->head[file->head_count++];
        const char *what = vr_json_string(n);
        if (strcmp(what, "skip") == 0)
            continue;
        bool is_rate = strcmp(what, "rate") == 0;
        if (is_rate ? has_rate : file->has_start)
            return vr_json_error(err, n, "the %s twice", is_rate ? "rate" : "start");
        item->what = is_rate ? VR_CSV_HEAD_RATE : VR_CSV_HEAD_START;
        has_rate |= is_rate;
        file->has_start |= !is_rate;
        if (!is_rate)
            vr_csv_clock_parse(what, &item->clock);
    }
    const struct vr_json *rate = vr_json_get(file->node, "rate");
    if (!rate && !has_rate)
        rate = vr_json_get(root, "rate");
    if (rate && has_rate)
        return vr_json_error(err, rate, "the head tells the rate already; keep one of the two");
    file->has_rate = rate || has_rate;
    if (!rate)
        return 0;
    if (vr_json_kind(rate) != VR_JSON_OBJECT)
        return read_rate(rate, &file->rate, err);
    file->rate_comment = vr_member_text(rate, "comment");
    if (!file->format.comment)
        return vr_json_error(err, rate, "which lines are comments? add \"comment\": \"#\"");
    return 0;
}

static int read_clock(const struct vr_json *node, struct vr_csv_map_file *file, struct vr_err *err)
{
    struct vr_csv_map_time *time = &file->time;
    const struct vr_json *unit = vr_json_get(node, "unit");
    time->unit = vr_json_string(unit);
    if (strcmp(vr_json_string(unit), "row") == 0) {
        time->kind = VR_CSV_TIME_ROW;
        if (time->column_count != 1)
            return vr_json_error(err, unit, "the number of a row is one column");
        if (!file->has_rate)
            return vr_json_error(err, unit, "how many rows a second? add \"rate\"");
        return 0;
    }
    time->kind = VR_CSV_TIME_CLOCK;
    if (!vr_csv_clock_parse(vr_json_string(unit), &time->clock))
        return vr_json_error(
            err, unit,
            "\"%s\" is no unit of time: s ms us ns min h, unix_s unix_ms unix_us unix_ns, iso8601 "
            "iso8601_local, row, or a pattern as in %%Y-%%m-%%d %%H:%%M:%%S",
            vr_json_string(unit));
    if (time->clock.unit_ns && time->column_count != 1)
        return vr_json_error(err, unit, "a count of time is one column");
    if (file->has_start && time->clock.zero != VR_CSV_ZERO_START)
        return vr_json_error(
            err, unit,
            "the head tells when the file began, and the column tells it again; let the "
            "head \"skip\" it");
    return 0;
}

static int read_time(const struct vr_json *root, struct vr_csv_map_file *file, struct vr_err *err)
{
    struct vr_csv_map_time *time = &file->time;
    const struct vr_json *node = option(root, file->node, "time");
    file->shift_ns = llround(vr_member_number(file->node, "shift_s", 0) * NS_PER_S);
    *time = (struct vr_csv_map_time){
        .kind = VR_CSV_TIME_PACE,
        .tolerance = vr_member_number(node, "tolerance", DEFAULT_TOLERANCE),
        .gap_max_s = vr_member_number(node, "gap_max_s", DEFAULT_GAP_MAX_S),
    };
    if (!node && !file->has_rate)
        return vr_json_error(
            err, file->node, "when were the rows of this file? add \"rate\", \"head\" or \"time\"");
    if (!node)
        return 0;
    const struct vr_json *columns = vr_json_get(node, "column");
    bool many = vr_json_kind(columns) == VR_JSON_ARRAY;
    for (const struct vr_json *n = many ? vr_json_first(columns) : columns; n;
         n = many ? vr_json_next(n) : NULL) {
        struct vr_csv_map_column *column = &time->columns[time->column_count++];
        read_column(n, column);
        int r = check_column(file, column, err);
        if (r < 0)
            return r;
    }
    return read_clock(node, file, err);
}

/* -- rows and columns -- */

/* A member's key names the column; a heading's name goes before a number. */
static int read_where(const struct vr_json *root, struct vr_csv_map_file *file, struct vr_err *err)
{
    const struct vr_json *where = option(root, file->node, "where");
    for (const struct vr_json *n = where ? vr_json_first(where) : NULL; n; n = vr_json_next(n)) {
        struct vr_csv_map_where *item = &file->where[file->where_count++];
        const char *key = vr_json_key(n);
        int64_t number;
        *item = (struct vr_csv_map_where){
            .column = {.name = key, .node = n}, .value = vr_json_string(n)};
        if (file->format.heading)
            continue;
        if (!vr_slice_integer(
                (struct vr_slice){key, strlen(key)}, 1, VR_CSV_ROW_CELLS_MAX, &number))
            return vr_json_key_error(
                err, n,
                "a column by its name, but the file has no heading; give its number, or "
                "\"heading\": true");
        item->column.name = NULL;
        item->column.number = (size_t)number - 1;
    }
    return 0;
}

/* 1e5 for 0.00001, which 1 / 0.00001 is not. */
static double steps_per_unit(struct vr_decimal resolution)
{
    double steps = 1;
    for (int i = resolution.exponent; i < 0; i++)
        steps *= 10;
    for (int i = resolution.exponent; i > 0; i--)
        steps /= 10;
    return steps / (double)resolution.mantissa;
}

static int read_signal(
    const struct vr_json *node, struct vr_csv_map_file *file, struct vr_csv_map_signal *signal,
    struct vr_err *err)
{
    const struct vr_json *name = vr_json_get(node, "name");
    read_column(vr_json_get(node, "column"), &signal->column);
    signal->name = name ? vr_json_string(name) : NULL;
    signal->unit = vr_member_text(node, "unit");
    signal->resolution = vr_decimal_of(vr_member_number(node, "resolution", 1));
    signal->round = vr_member_bool(node, "round");
    signal->gain =
        vr_member_number(node, "gain", signal->unit[0] ? steps_per_unit(signal->resolution) : 0);
    signal->baseline = (int32_t)vr_member_int(node, "baseline", 0);
    int r = check_column(file, &signal->column, err);
    if (r < 0)
        return r;
    if (!name && !file->format.heading)
        return vr_json_error(err, node, "a signal without \"name\", in a file without heading");
    if (signal->unit[0] ? signal->gain == 0 : vr_json_get(node, "gain") != NULL)
        return vr_json_error(
            err, node, "a calibrated signal has a \"unit\", and a \"gain\" that is not 0");
    return 0;
}

static int read_truth(
    const struct vr_json *node, struct vr_csv_map_file *file, struct vr_csv_map_truth *truth,
    struct vr_err *err)
{
    static const char *const kinds[] = {"label", "rhythm", "measure", "beat", "event"};
    const char *kind = vr_member_text(node, "kind");
    const struct vr_json *column = vr_json_get(node, "column");
    while (strcmp(kinds[truth->kind], kind) != 0)
        truth->kind++;
    truth->annotator = vr_member_text(node, "annotator");
    truth->map = vr_json_get(node, "map");
    truth->number = (int8_t)vr_member_int(node, "number", 1);
    truth->has_column = column;
    if (!column && truth->kind <= VR_CSV_TRUTH_MEASURE)
        return vr_json_error(err, node, "which \"column\" has the %s?", kind);
    if (!column && truth->map)
        return vr_json_error(err, truth->map, "a \"map\" of no column");
    if (vr_json_get(node, "number") && truth->kind != VR_CSV_TRUTH_MEASURE)
        return vr_json_error(err, node, "only a measure has a \"number\"");
    if (!column)
        return 0;
    read_column(column, &truth->column);
    return check_column(file, &truth->column, err);
}

static int read_outputs(struct vr_csv_map_file *file, struct vr_err *err)
{
    const struct vr_json *signals = vr_json_get(file->node, "signals");
    const struct vr_json *truths = vr_json_get(file->node, "truth");
    int r = 0;
    if (!signals && !truths)
        return vr_json_error(
            err, file->node, "what is this file for? add \"signals\" or \"truth\"");
    if (signals && !file->has_rate)
        return vr_json_error(
            err, signals,
            "samples of which rate? add \"rate\" (time stamps tell which of them are "
            "missing)");
    file->signals = calloc(signals ? vr_json_count(signals) : 1, sizeof *file->signals);
    file->truths = calloc(truths ? vr_json_count(truths) : 1, sizeof *file->truths);
    if (!file->signals || !file->truths)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a mapping");
    for (const struct vr_json *n = signals ? vr_json_first(signals) : NULL; n && r == 0;
         n = vr_json_next(n))
        r = read_signal(n, file, &file->signals[file->signal_count++], err);
    for (const struct vr_json *n = truths ? vr_json_first(truths) : NULL; n && r == 0;
         n = vr_json_next(n))
        r = read_truth(n, file, &file->truths[file->truth_count++], err);
    return r;
}

/* -- the mapping -- */

static int read_name(struct vr_csv_map_file *file, struct vr_err *err)
{
    const struct vr_json *node = vr_json_get(file->node, "file");
    file->name = vr_json_string(node);
    const char *fault = vr_folder_name_fault(file->name);
    const char *star = strchr(file->name, '*');
    if (fault)
        return vr_json_error(
            err, node, "the name %s; name a file beside the mapping or below it", fault);
    if (star && strchr(star + 1, '*'))
        return vr_json_error(err, node, "more than one * in a name");
    return 0;
}

static int read_file(
    const struct vr_json *root, const struct vr_json *node, struct vr_csv_map_file *file,
    struct vr_err *err)
{
    file->node = node;
    int r = read_name(file, err);
    if (r == 0)
        r = read_format(root, file, err);
    if (r == 0)
        r = read_head(root, file, err);
    if (r == 0)
        r = read_time(root, file, err);
    if (r == 0)
        r = read_where(root, file, err);
    return r < 0 ? r : read_outputs(file, err);
}

/* One name for two truths would leave one of them unseen. */
static int check_annotators(const struct vr_csv_map *map, struct vr_err *err)
{
    for (size_t i = 0; i < map->file_count; i++)
        for (size_t j = 0; j < map->files[i].truth_count; j++)
            for (size_t k = 0; k <= i; k++)
                for (size_t l = 0; l < (k < i ? map->files[k].truth_count : j); l++)
                    if (strcmp(
                            map->files[i].truths[j].annotator, map->files[k].truths[l].annotator) ==
                        0)
                        return vr_json_error(
                            err, map->files[i].node, "the annotator \"%s\" twice",
                            map->files[i].truths[j].annotator);
    return 0;
}

static int read_map(struct vr_csv_map *map, struct vr_err *err)
{
    const struct vr_json *root = vr_json_doc_root(map->doc);
    int r = vr_schema_check_text(vr_schema_csv_map, "csv-map.schema.json", root, err);
    if (r < 0)
        return r;
    const struct vr_json *files = vr_json_get(root, "files");
    const struct vr_json *record = vr_json_get(root, "record");
    const struct vr_json *ticks = vr_json_get(root, "ticks_hz");
    map->record = record ? vr_json_string(record) : NULL;
    if (ticks)
        r = read_rate(ticks, &map->ticks, err);
    map->files = calloc(vr_json_count(files), sizeof *map->files);
    if (!map->files)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a mapping");
    for (const struct vr_json *n = vr_json_first(files); n && r == 0; n = vr_json_next(n)) {
        struct vr_csv_map_file *file = &map->files[map->file_count++];
        r = read_file(root, n, file, err);
        map->signal_count += file->signal_count;
        if (r == 0 && map->signal_count > VR_SIGNALS_MAX)
            return vr_json_error(err, n, "more than %d signals", VR_SIGNALS_MAX);
    }
    return r < 0 ? r : check_annotators(map, err);
}

int vr_csv_map_parse(
    const char *text, size_t size, const char *display, struct vr_csv_map *ret_map,
    struct vr_err *err)
{
    struct vr_csv_map map = {0};
    int r = vr_json_doc_create(text, size, display, &map.doc, err);
    if (r == 0)
        r = read_map(&map, err);
    if (r < 0) {
        vr_csv_map_finish(&map);
        return r;
    }
    *ret_map = map;
    return 0;
}

void vr_csv_map_finish(struct vr_csv_map *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->file_count; i++) {
        free(map->files[i].signals);
        free(map->files[i].truths);
    }
    free(map->files);
    vr_json_doc_destroy(map->doc);
    *map = (struct vr_csv_map){0};
}

int vr_csv_map_column_find(
    const struct vr_csv_map_column *column, const struct vr_csv_table *table, size_t *ret_column,
    struct vr_err *err)
{
    if (column->name)
        return vr_csv_table_column(table, column->name, ret_column, err);
    size_t width = vr_csv_table_width(table);
    if (column->number >= width && width > 0)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: no column %zu; the rows have %zu cells",
            vr_csv_table_display(table), column->number + 1, width);
    *ret_column = column->number;
    return 0;
}
