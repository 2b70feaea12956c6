/* Gates, scope by scope. */
#include "score/gate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/gate_parts.h"

/* --- rows ------------------------------------------------------------------------------------- */

struct vr_gate_string {
    struct vr_gate_string *next;
    char text[];
};

void vr_gate_rows_finish(struct vr_gate_rows *rows)
{
    for (struct vr_gate_string *string = rows->strings, *next; string; string = next) {
        next = string->next;
        free(string);
    }
    free(rows->items);
    *rows = (struct vr_gate_rows){0};
}

const char *vr_gate_rows_keep(struct vr_gate_rows *rows, const char *text)
{
    size_t size = strlen(text) + 1;
    struct vr_gate_string *string = malloc(sizeof *string + size);
    if (!string)
        return NULL;
    string->next = rows->strings;
    rows->strings = string;
    return memcpy(string->text, text, size);
}

struct vr_gate_row *vr_gate_rows_add(
    struct vr_gate_rows *rows, const struct vr_scenario *scenario, size_t place, const char *scope)
{
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity ? 2 * rows->capacity : 16;
        void *items = reallocarray(rows->items, capacity, sizeof *rows->items);
        if (!items)
            return NULL;
        rows->items = items;
        rows->capacity = capacity;
    }
    const struct vr_scenario_gate *gate = &scenario->gates[place];
    const char *kept = vr_gate_rows_keep(rows, scope);
    if (!kept)
        return NULL;
    struct vr_gate_row *row = &rows->items[rows->count++];
    *row = (struct vr_gate_row){
        .gate = (int)place,
        .metric = gate->metric,
        .scope = kept,
        .verdict = "inconclusive",
        .value = NAN,
        .line = gate->place.line,
        .column = gate->place.column,
        .against = "",
        .baseline_value = NAN,
        .change = NAN,
        .low = NAN,
        .high = NAN,
        .confidence = NAN,
        .p_value = NAN,
        .detectable = NAN,
        .why = "",
    };
    return row;
}

void vr_gate_why_add(struct vr_gate_why *why, const char *format, ...)
{
    size_t used = strlen(why->text);
    if (used > 0 && used + 2 < sizeof why->text)
        used = (size_t)(stpcpy(why->text + used, "; ") - why->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text + used, sizeof why->text - used, format, arguments);
    va_end(arguments);
}

/* --- metrics by name and scope ---------------------------------------------------------------- */

static int metric_compare(const struct vr_metric_row *a, const struct vr_metric_row *b)
{
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->scope, b->scope);
}

static int item_compare(const void *a, const void *b)
{
    return metric_compare(
        *(const struct vr_metric_row *const *)a, *(const struct vr_metric_row *const *)b);
}

int vr_gate_index_make(
    struct vr_gate_index *index, const struct vr_metrics *metrics, struct vr_err *err)
{
    index->items = calloc(metrics->count + 1, sizeof *index->items);
    if (!index->items)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory to look up %zu metrics", metrics->count);
    for (size_t i = 0; i < metrics->count; i++)
        index->items[index->count++] = &metrics->items[i];
    qsort(index->items, index->count, sizeof *index->items, item_compare);
    return 0;
}

void vr_gate_index_finish(struct vr_gate_index *index)
{
    free(index->items);
}

const struct vr_metric_row *vr_gate_index_find(
    const struct vr_gate_index *index, const char *name, const char *scope)
{
    const struct vr_metric_row key = {.name = name, .scope = scope}, *key_pointer = &key;
    const struct vr_metric_row **found =
        bsearch(&key_pointer, index->items, index->count, sizeof *index->items, item_compare);
    return found ? *found : NULL;
}

/* --- scopes ----------------------------------------------------------------------------------- */

struct judging {
    const struct vr_gate_case *gate_case;
    struct vr_gate_index index;
    struct vr_gate_rows *rows;
    struct vr_err *err;
};

static void judging_finish(struct judging *judging)
{
    vr_gate_index_finish(&judging->index);
}

/* What does not pass is a warning, and says whether it failed. */
static int soften(struct judging *judging, struct vr_gate_row *row)
{
    struct vr_gate_why why = {""};
    if (strcmp(row->verdict, "pass") == 0)
        return 0;
    if (strcmp(row->verdict, "inconclusive") == 0)
        vr_gate_why_add(&why, "undecided");
    if (row->why[0])
        vr_gate_why_add(&why, "%s", row->why);
    row->verdict = "warn";
    row->why = vr_gate_rows_keep(judging->rows, why.text);
    return row->why ? 0 : vr_err_set(judging->err, VR_ERR_NO_MEMORY, "no memory for gates");
}

static int judge(struct judging *judging, size_t place, const char *name)
{
    const struct vr_gate_case *gate_case = judging->gate_case;
    const struct vr_scenario_gate *gate = &gate_case->scenario->gates[place];
    struct vr_gate_row *row = vr_gate_rows_add(judging->rows, gate_case->scenario, place, name);
    if (!row)
        return vr_err_set(judging->err, VR_ERR_NO_MEMORY, "no memory for gates");
    const struct vr_scope scope = vr_scope_of(row->scope);
    int r = vr_gate_is_relative(gate)
                ? vr_gate_judge_change(
                      gate_case, &judging->index, gate, &scope, judging->rows, row, judging->err)
                : vr_gate_judge_value(
                      gate_case, &judging->index, gate, &scope, judging->rows, row, judging->err);
    return r < 0 || !gate->is_warning ? r : soften(judging, row);
}

/* Distinct names of scopes, in order. */
struct names {
    char **items;
    size_t count;
};

static void names_finish(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

static int names_add(struct names *names, const char *prefix, const char *word, size_t size)
{
    char *name;
    void *items = reallocarray(names->items, names->count + 1, sizeof(char *));
    if (!items)
        return -VR_ERR_NO_MEMORY;
    names->items = items;
    if (asprintf(&name, "%s%.*s", prefix, (int)size, word) < 0)
        return -VR_ERR_NO_MEMORY;
    names->items[names->count++] = name;
    return 0;
}

static int add_strata(struct names *names, const char *strata)
{
    int r = 0;
    for (const char *at = strata; r == 0 && *at;) {
        size_t size = strcspn(at, ";");
        if (size > 0)
            r = names_add(names, VR_SCOPE_STRATUM, at, size);
        at += size + (at[size] == ';');
    }
    return r;
}

static int add_of(struct names *names, const char *each, const struct vr_scored *scored)
{
    int r = 0;
    for (size_t i = 0; r == 0 && scored && i < scored->record_count; i++) {
        const struct vr_replayed *record = scored->records[i].content;
        if (strcmp(each, "each") == 0)
            r = names_add(names, "", record->record, strlen(record->record));
        else if (strcmp(each, "each_stratum") == 0)
            r = add_strata(names, record->strata);
        else if (record->subject[0])
            r = names_add(names, VR_SCOPE_SUBJECT, record->subject, strlen(record->subject));
    }
    return r;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_sort(struct names *names)
{
    size_t count = 0;
    if (names->count > 0)
        qsort(names->items, names->count, sizeof *names->items, name_compare);
    for (size_t i = 0; i < names->count; i++) {
        if (count > 0 && strcmp(names->items[count - 1], names->items[i]) == 0)
            free(names->items[i]);
        else
            names->items[count++] = names->items[i];
    }
    names->count = count;
}

/* Against a baseline also what only that one has: it must not be forgotten. */
static int each_names(
    struct judging *judging, const struct vr_scenario_gate *gate, struct names *names)
{
    const struct vr_gate_case *gate_case = judging->gate_case;
    const struct vr_baseline_run *baseline = NULL;
    int r = add_of(names, gate->scope, gate_case->run);
    if (r == 0 && vr_gate_is_relative(gate) && gate_case->baselines) {
        r = vr_baselines_get(gate_case->baselines, gate->against, &baseline, judging->err);
        if (r == 0 && baseline->is_found)
            r = add_of(names, gate->scope, &baseline->scored);
    }
    names_sort(names);
    return r;
}

static bool is_each(const char *scope)
{
    return strcmp(scope, "each") == 0 || strcmp(scope, "each_subject") == 0 ||
           strcmp(scope, "each_stratum") == 0;
}

static int judge_each(struct judging *judging, size_t place)
{
    _cleanup_(names_finish) struct names names = {0};
    const struct vr_scenario_gate *gate = &judging->gate_case->scenario->gates[place];
    int r = each_names(judging, gate, &names);
    if (r == -VR_ERR_NO_MEMORY)
        return vr_err_set(judging->err, VR_ERR_NO_MEMORY, "no memory for gates");
    for (size_t i = 0; r == 0 && i < names.count; i++)
        r = judge(judging, place, names.items[i]);
    /* Of none: a row without a value. */
    return r < 0 || names.count > 0 ? r : judge(judging, place, gate->scope);
}

int vr_gates_judge(
    const struct vr_gate_case *gate_case, struct vr_gate_rows *ret_rows, struct vr_err *err)
{
    const struct vr_scenario *scenario = gate_case->scenario;
    _cleanup_(judging_finish) struct judging judging = {
        .gate_case = gate_case, .rows = ret_rows, .err = err};
    *ret_rows = (struct vr_gate_rows){0};
    int r = vr_gate_index_make(&judging.index, gate_case->metrics, err);
    for (size_t i = 0; r == 0 && i < scenario->gate_count; i++)
        r = is_each(scenario->gates[i].scope) ? judge_each(&judging, i)
                                              : judge(&judging, i, scenario->gates[i].scope);
    if (r < 0)
        vr_gate_rows_finish(ret_rows);
    return r;
}
