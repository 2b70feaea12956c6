/* Rows come one after the other; what a label needs to know of the row before is in `state`. */
#include "dataset/csv_truth.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define NS_PER_S INT64_C(1000000000)

/* In pedantic C the 128-bit integer needs the word. */
__extension__ typedef __int128 wide;

struct state {
    bool any;
    int64_t ns;       /* of the row before */
    const char *text; /* that holds; "" = none */
};

struct reader {
    struct vr_csv_part *part;
    const struct vr_csv_map_truth *truth;
    const struct vr_csv_truth_frame *frame;
    size_t column;
    struct vr_annotations *list;
    struct state state;
    char text[VR_CSV_ROW_SIZE_MAX + 1]; /* of the state, where no map has it */
    bool in_order;
    int64_t row_count, inside_count;
};

int64_t vr_csv_truth_tick(
    const struct vr_csv_truth_frame *frame, const struct vr_csv_part *part, int64_t ns)
{
    wide elapsed = (wide)ns - (vr_csv_part_has_clock(part) ? frame->origin_ns : 0);
    wide over = 2 * elapsed * frame->ticks.num + (wide)frame->ticks.den * NS_PER_S;
    wide under = 2 * (wide)frame->ticks.den * NS_PER_S;
    wide tick = over / under - (over % under < 0);
    return tick > INT64_MAX ? INT64_MAX : tick < INT64_MIN ? INT64_MIN : (int64_t)tick;
}

/* -- texts -- */

static bool number_equal(const char *a, struct vr_slice b, char point)
{
    struct vr_decimal x, y;
    if (!vr_decimal_parse((struct vr_slice){a, strlen(a)}, '.', &x) ||
        !vr_decimal_parse(b, point, &y) || x.cut || y.cut)
        return false;
    for (; x.mantissa && x.mantissa % 10 == 0; x.mantissa /= 10)
        x.exponent++;
    for (; y.mantissa && y.mantissa % 10 == 0; y.mantissa /= 10)
        y.exponent++;
    return x.mantissa == y.mantissa && x.exponent == y.exponent;
}

/* What the map makes of the cell; *ret_text = NULL for null. */
static int map_find(const struct reader *reader, const char **ret_text, struct vr_err *err)
{
    const struct vr_csv_table *table = reader->part->table;
    struct vr_slice cell = vr_csv_table_cell(table, reader->column);
    const struct vr_json *found = vr_json_get(reader->truth->map, cell.text);
    char point = reader->part->map->format.decimal;
    for (const struct vr_json *n = vr_json_first(reader->truth->map); n && !found;
         n = vr_json_next(n))
        if (number_equal(vr_json_key(n), cell, point))
            found = n;
    if (!found)
        return vr_csv_table_fail(
            table, reader->column, err,
            "\"%.*s\" is not in the \"map\" of %s; add it, or null for it", VR_SLICE_SHOWN(cell),
            reader->truth->annotator);
    *ret_text = vr_json_kind(found) == VR_JSON_STRING ? vr_json_string(found) : NULL;
    return 0;
}

/* The text of the row; NULL = there is none. */
static int row_text(const struct reader *reader, const char **ret_text, struct vr_err *err)
{
    const struct vr_csv_table *table = reader->part->table;
    *ret_text = NULL;
    if (!reader->truth->has_column) {
        *ret_text = reader->truth->kind == VR_CSV_TRUTH_BEAT ? "N" : reader->truth->annotator;
        return 0;
    }
    if (vr_csv_table_missing(table, reader->column))
        return 0;
    if (reader->truth->map)
        return map_find(reader, ret_text, err);
    *ret_text = vr_csv_table_cell(table, reader->column).text;
    return 0;
}

/* -- annotations -- */

static int add(
    struct reader *reader, int64_t tick, uint8_t code, int8_t subtype, const char *text,
    struct vr_err *err)
{
    const struct vr_annotations *list = reader->list;
    struct vr_annotation item = {.sample_index = tick, .code = code, .subtype = subtype};
    if (list->count && list->items[list->count - 1].sample_index > tick)
        reader->in_order = false;
    return vr_annotations_add(reader->list, &item, text[0] ? text : NULL, strlen(text), err);
}

static bool is_inside(const struct reader *reader, int64_t tick)
{
    return tick >= 0 && (reader->frame->tick_count == 0 || tick <= reader->frame->tick_count);
}

/* -- labels -- */

/* From the tick on `text` holds; what holds when the record begins is told there. */
static int state_set(struct reader *reader, int64_t tick, const char *text, struct vr_err *err)
{
    struct vr_annotations *list = reader->list;
    bool label = reader->truth->kind == VR_CSV_TRUTH_LABEL;
    tick = tick < 0 ? 0 : tick;
    if (!is_inside(reader, tick))
        return 0;
    if (list->count && list->items[list->count - 1].sample_index == tick)
        free(list->items[--list->count].text);
    return add(reader, tick, label ? VR_CODE_NOTE : VR_CODE_RHYTHM, 0, text, err);
}

static int state_end(struct reader *reader, int64_t ns, struct vr_err *err)
{
    if (!reader->state.text[0])
        return 0;
    reader->state.text = "";
    return state_set(reader, vr_csv_truth_tick(reader->frame, reader->part, ns), "", err);
}

/* How long a row lasts by the rate; 0 = until the next. */
static int64_t row_ns(const struct vr_csv_part *part)
{
    wide ns = part->rate.num ? (wide)part->rate.den * NS_PER_S / part->rate.num : 0;
    return ns > (INT64_C(1) << 60) ? 0 : (int64_t)ns;
}

static int label_row(struct reader *reader, int64_t ns, const char *text, struct vr_err *err)
{
    struct state *state = &reader->state;
    int64_t period = row_ns(reader->part);
    int r = 0;
    if (state->any && ns <= state->ns)
        return vr_csv_table_fail(
            reader->part->table, 0, err,
            "the time of this row is not behind that of the row before; which label holds?");
    if (state->any && period && ns - state->ns > period + period / 2)
        r = state_end(reader, state->ns + period, err);
    int64_t tick = vr_csv_truth_tick(reader->frame, reader->part, ns);
    reader->inside_count += is_inside(reader, tick);
    if (!text)
        text = "";
    bool same = state->any && strcmp(state->text, text) == 0;
    if (r == 0 && !same && (state->any || text[0]))
        r = state_set(reader, tick, text, err);
    if (!same) {
        strcpy(reader->text, text);
        state->text = reader->text;
    }
    state->any = true;
    state->ns = ns;
    return r;
}

/* -- numbers, beats, events -- */

static int measure_row(struct reader *reader, int64_t tick, const char *text, struct vr_err *err)
{
    struct vr_decimal value;
    char number[64];
    size_t size = strlen(text);
    char point = reader->truth->map ? '.' : reader->part->map->format.decimal;
    if (size >= sizeof number || !vr_decimal_parse((struct vr_slice){text, size}, point, &value))
        return vr_csv_table_fail(
            reader->part->table, reader->column, err, "\"%.60s\" is no number with a decimal %s",
            text, point == ',' ? "comma" : "point");
    memcpy(number, text, size + 1);
    char *comma = strchr(number, ',');
    if (comma)
        *comma = '.';
    return add(reader, tick, VR_CODE_MEASURE, reader->truth->number, number, err);
}

static int beat_row(struct reader *reader, int64_t tick, const char *text, struct vr_err *err)
{
    static const struct {
        uint8_t code;
        const char *mnemonic;
    } codes[] = {
#define X(code, identifier, mnemonic, class, text) {code, mnemonic},
#include "schema/annotations.def"
#undef X
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].mnemonic, text) == 0)
            return add(reader, tick, codes[i].code, 0, "", err);
    return vr_csv_table_fail(
        reader->part->table, reader->truth->has_column ? reader->column : 0, err,
        "\"%.60s\" is no annotation code, as N, V and S are; give a \"map\"", text);
}

static int event_row(struct reader *reader, int64_t ns, const char *text, struct vr_err *err)
{
    int64_t tick = vr_csv_truth_tick(reader->frame, reader->part, ns);
    if (!text)
        return 0;
    if (!is_inside(reader, tick))
        return 0;
    reader->inside_count++;
    switch (reader->truth->kind) {
    case VR_CSV_TRUTH_MEASURE:
        return measure_row(reader, tick, text, err);
    case VR_CSV_TRUTH_BEAT:
        return beat_row(reader, tick, text, err);
    default:
        return add(reader, tick, VR_CODE_EVENT, 0, text, err);
    }
}

/* -- the whole -- */

static int rows_read(struct reader *reader, struct vr_err *err)
{
    struct vr_csv_part *part = reader->part;
    bool states = reader->truth->kind <= VR_CSV_TRUTH_RHYTHM;
    int r = 0;
    if (reader->truth->has_column)
        r = vr_csv_map_column_find(&reader->truth->column, part->table, &reader->column, err);
    vr_csv_part_rewind(part);
    while (r == 0 && (r = vr_csv_part_next(part, err)) == 0) {
        int64_t stamp = 0, ns = 0;
        const char *text = NULL;
        reader->row_count++;
        r = vr_csv_part_stamp(part, &stamp, err);
        if (r == 0)
            r = vr_csv_part_time(part, stamp, &ns, err);
        if (r == 0)
            r = row_text(reader, &text, err);
        if (r == 0)
            r = states ? label_row(reader, ns, text, err) : event_row(reader, ns, text, err);
    }
    if (r != -VR_ERR_EMPTY)
        return r;
    int64_t period = row_ns(part);
    return states && reader->state.any && period ? state_end(reader, reader->state.ns + period, err)
                                                 : 0;
}

struct ranked {
    struct vr_annotation item;
    size_t rank;
};

static int ranked_compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->item.sample_index != y->item.sample_index)
        return x->item.sample_index < y->item.sample_index ? -1 : 1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

static int list_sort(struct vr_annotations *list, struct vr_err *err)
{
    struct ranked *ranked = reallocarray(NULL, list->count, sizeof *ranked);
    if (!ranked)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory to sort %zu rows", list->count);
    for (size_t i = 0; i < list->count; i++)
        ranked[i] = (struct ranked){list->items[i], i};
    qsort(ranked, list->count, sizeof *ranked, ranked_compare);
    for (size_t i = 0; i < list->count; i++)
        list->items[i] = ranked[i].item;
    free(ranked);
    return 0;
}

int vr_csv_truth_read(
    struct vr_csv_part *part, const struct vr_csv_map_truth *truth,
    const struct vr_csv_truth_frame *frame, struct vr_annotations *ret_list, struct vr_err *err)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory to read %s", part->name);
    *reader = (struct reader){
        .part = part,
        .truth = truth,
        .frame = frame,
        .list = ret_list,
        .state.text = "",
        .in_order = true,
    };
    int r = rows_read(reader, err);
    if (r == 0 && !reader->in_order)
        r = list_sort(ret_list, err);
    if (r == 0 && reader->row_count && !reader->inside_count)
        r = vr_err_set(
            err, VR_ERR_INPUT,
            "%s: none of its %" PRId64
            " rows has a value inside the record; are both by the same clock?",
            vr_csv_table_display(part->table), reader->row_count);
    free(reader);
    return r;
}
