/* Rows of both sides, out of one file or two. */
#include "cli/score_table.h"

#include <math.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/csv_table.h"

#define KEY_COLUMNS_MAX 8
#define KEY_SIZE 512

void vr_score_table_finish(struct vr_score_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        struct vr_score_record *record = &table->records[i];
        for (size_t k = 0; k < record->count; k++) {
            free(record->rows[k].reference);
            free(record->rows[k].test);
        }
        free(record->rows);
        free(record->name);
        free(record->subject);
    }
    free(table->records);
    *table = (struct vr_score_table){0};
}

static int out_of_memory(const char *file, struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the rows of %s", file);
}

/* --- an open file ----------------------------------------------------------------------------- */

/* A column that the options name, or none. */
struct column {
    bool is_there;
    size_t index;
};

struct file {
    struct vr_csv_table *csv;
    const char *path;
    struct column value, other, record, subject, confidence, score;
    struct column keys[KEY_COLUMNS_MAX];
    size_t key_count;
};

static void file_finish(struct file *file)
{
    vr_csv_table_destroy(file->csv);
}

static int find_column(
    const struct vr_score_table_options *options, const struct file *file, const char *name,
    struct column *ret_column, struct vr_err *err)
{
    if (!name)
        return 0;
    ret_column->is_there = true;
    if (!options->has_no_heading)
        return vr_csv_table_column(file->csv, name, &ret_column->index, err);
    char *end;
    unsigned long number = strtoul(name, &end, 10);
    if (number < 1 || *end || number > vr_csv_table_width(file->csv))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: \"%s\" is no number of a column: without a heading they are 1 to %zu", file->path,
            name, vr_csv_table_width(file->csv));
    ret_column->index = number - 1;
    return 0;
}

static int find_keys(
    const struct vr_score_table_options *options, struct file *file, struct vr_err *err)
{
    _cleanup_free_ char *names = strdup(options->key ? options->key : "");
    char *rest = NULL;
    if (!names)
        return out_of_memory(file->path, err);
    for (char *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        if (file->key_count == KEY_COLUMNS_MAX)
            return vr_err_set(err, VR_ERR_INPUT, "--key has more than %d columns", KEY_COLUMNS_MAX);
        int r = find_column(options, file, name, &file->keys[file->key_count++], err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int file_open(
    const struct vr_score_table_options *options, const char *path, struct file *ret_file,
    struct vr_err *err)
{
    struct vr_csv_format format = VR_CSV_FORMAT_DEFAULT;
    format.heading = !options->has_no_heading;
    format.separator = options->separator ? options->separator : ',';
    ret_file->path = path;
    return vr_csv_table_open(path, &format, &ret_file->csv, err);
}

static const char *cell(const struct file *file, struct column column)
{
    return column.is_there ? vr_csv_table_cell(file->csv, column.index).text : "";
}

static int number(
    const struct file *file, struct column column, double *ret_value, struct vr_err *err)
{
    *ret_value = NAN;
    return column.is_there ? vr_csv_table_number(file->csv, column.index, ret_value, err) : 0;
}

/* How sure the answer is; one below 0 is none, as a device's output of kind MEASURE or LABEL has it. */
static int confidence(const struct file *file, double *ret_value, struct vr_err *err)
{
    int r = number(file, file->confidence, ret_value, err);
    if (*ret_value < 0)
        *ret_value = NAN;
    return r;
}

static int read_key(const struct file *file, char ret_key[KEY_SIZE], struct vr_err *err)
{
    size_t used = 0;
    for (size_t i = 0; i < file->key_count; i++) {
        int size = snprintf(
            ret_key + used, KEY_SIZE - used, "%s%s", i > 0 ? "," : "", cell(file, file->keys[i]));
        used += (size_t)size;
        if (used >= KEY_SIZE)
            return vr_csv_table_fail(
                file->csv, file->keys[i].index, err, "the key is longer than %d bytes", KEY_SIZE);
    }
    return 0;
}

/* --- records ---------------------------------------------------------------------------------- */

/* Names to places, in a tree of the C library. */
struct place {
    char *name;
    size_t index;
};

static int place_compare(const void *a, const void *b)
{
    return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name);
}

static void place_free(void *pointer)
{
    struct place *place = pointer;
    free(place->name);
    free(place);
}

static void places_finish(void **places)
{
    tdestroy(*places, place_free);
}

/* The place of a name, a new one with `index` when there is none; NULL = no memory. */
static struct place *place_claim(void **places, const char *name, size_t index)
{
    const struct place wanted = {(char *)(uintptr_t)name, 0};
    struct place **found = tfind(&wanted, places, place_compare);
    if (found)
        return *found;
    struct place *place = malloc(sizeof *place);
    char *copy = strdup(name);
    if (place && copy) {
        *place = (struct place){copy, index};
        if (tsearch(place, places, place_compare))
            return place;
    }
    free(copy);
    free(place);
    return NULL;
}

static struct vr_score_record *record_new(
    struct vr_score_table *table, const char *name, const char *subject)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity ? 2 * table->capacity : 16;
        struct vr_score_record *all = reallocarray(table->records, capacity, sizeof *all);
        if (!all)
            return NULL;
        table->records = all;
        table->capacity = capacity;
    }
    struct vr_score_record *record = &table->records[table->count++];
    *record = (struct vr_score_record){.name = strdup(name), .subject = strdup(subject)};
    return record->name && record->subject ? record : NULL;
}

/* The row is taken, also on error. */
static bool record_add(struct vr_score_record *record, struct vr_score_row row)
{
    if (record->count == record->capacity) {
        size_t capacity = record->capacity ? 2 * record->capacity : 16;
        struct vr_score_row *rows = reallocarray(record->rows, capacity, sizeof *rows);
        if (!rows) {
            free(row.reference);
            free(row.test);
            return false;
        }
        record->rows = rows;
        record->capacity = capacity;
    }
    record->rows[record->count++] = row;
    return row.reference && row.test;
}

static int add_row(
    struct vr_score_table *table, void **places, const char *name, const char *subject,
    const struct file *file, struct vr_score_row row, struct vr_err *err)
{
    struct place *place = place_claim(places, name, table->count);
    struct vr_score_record *record = NULL;
    if (place)
        record = place->index < table->count ? &table->records[place->index]
                                             : record_new(table, name, subject);
    if (!record) {
        free(row.reference);
        free(row.test);
        return out_of_memory(file->path, err);
    }
    if (strcmp(record->subject, subject) != 0) {
        free(row.reference);
        free(row.test);
        return vr_csv_table_fail(
            file->csv, file->subject.index, err, "record %s was of subject \"%s\" before", name,
            record->subject);
    }
    row.file = file->path;
    row.line = vr_csv_table_line(file->csv);
    return record_add(record, row) ? 0 : out_of_memory(file->path, err);
}

/* --- one file --------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int one_columns(
    const struct vr_score_table_options *options, struct file *file, struct vr_err *err)
{
    int r = find_column(options, file, options->reference_column, &file->value, err);
    if (r == 0)
        r = find_column(options, file, options->test_column, &file->other, err);
    if (r == 0)
        r = find_column(options, file, options->subject_column, &file->subject, err);
    if (r == 0)
        r = find_column(
            options, file,
            options->record_column ? options->record_column : options->subject_column,
            &file->record, err);
    if (r == 0)
        r = find_column(options, file, options->confidence_column, &file->confidence, err);
    if (r == 0)
        r = find_column(options, file, options->score_column, &file->score, err);
    return r;
}

static int read_one(
    const struct vr_score_table_options *options, struct vr_score_table *table, struct vr_err *err)
{
    _cleanup_(file_finish) struct file file = {0};
    _cleanup_(places_finish) void *places = NULL;
    int r = file_open(options, options->csv, &file, err);
    if (r == 0)
        r = one_columns(options, &file, err);
    while (r == 0 && (r = vr_csv_table_next(file.csv, err)) == 0) {
        struct vr_score_row row = {0};
        const char *name =
            file.record.is_there ? cell(&file, file.record) : base_name(options->csv);
        r = confidence(&file, &row.confidence, err);
        if (r == 0)
            r = number(&file, file.score, &row.score, err);
        if (r < 0)
            return r;
        row.reference = strdup(cell(&file, file.value));
        row.test = strdup(cell(&file, file.other));
        r = add_row(table, &places, name, cell(&file, file.subject), &file, row, err);
    }
    return r == -VR_ERR_EMPTY ? 0 : r;
}

/* --- two files -------------------------------------------------------------------------------- */

/* The rows of the test, found by their key. */
struct answers {
    struct vr_score_row *rows; /* reference has the key, test the value */
    bool *are_used;
    size_t count, capacity;
    void *places;
};

static void answers_finish(struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++) {
        free(answers->rows[i].reference);
        free(answers->rows[i].test);
    }
    free(answers->rows);
    free(answers->are_used);
    tdestroy(answers->places, place_free);
}

static bool answers_add(struct answers *answers, struct vr_score_row row)
{
    struct vr_score_record list = {
        .rows = answers->rows, .count = answers->count, .capacity = answers->capacity};
    bool is_added = record_add(&list, row);
    answers->rows = list.rows;
    answers->count = list.count;
    answers->capacity = list.capacity;
    return is_added;
}

static int read_answer(const struct file *file, struct answers *answers, struct vr_err *err)
{
    char key[KEY_SIZE];
    struct vr_score_row row = {.line = vr_csv_table_line(file->csv)};
    int r = read_key(file, key, err);
    if (r == 0)
        r = confidence(file, &row.confidence, err);
    if (r == 0)
        r = number(file, file->score, &row.score, err);
    if (r < 0)
        return r;
    struct place *place = place_claim(&answers->places, key, answers->count);
    if (place && place->index < answers->count)
        return vr_csv_table_fail(
            file->csv, file->keys[0].index, err, "%s is there before, in line %lld", key,
            (long long)answers->rows[place->index].line);
    if (!place)
        return out_of_memory(file->path, err);
    row.reference = strdup(key);
    row.test = strdup(cell(file, file->value));
    return answers_add(answers, row) ? 0 : out_of_memory(file->path, err);
}

static int read_answers(
    const struct vr_score_table_options *options, struct answers *answers, struct vr_err *err)
{
    _cleanup_(file_finish) struct file file = {0};
    int r = file_open(options, options->test, &file, err);
    if (r == 0)
        r = find_keys(options, &file, err);
    if (r == 0)
        r = find_column(options, &file, options->test_column, &file.value, err);
    if (r == 0)
        r = find_column(options, &file, options->confidence_column, &file.confidence, err);
    if (r == 0)
        r = find_column(options, &file, options->score_column, &file.score, err);
    while (r == 0 && (r = vr_csv_table_next(file.csv, err)) == 0)
        r = read_answer(&file, answers, err);
    if (r != -VR_ERR_EMPTY)
        return r;
    answers->are_used = calloc(answers->count + 1, sizeof *answers->are_used);
    return answers->are_used ? 0 : out_of_memory(file.path, err);
}

static int join_row(
    const struct file *file, struct answers *answers, struct vr_score_table *table, void **places,
    struct vr_err *err)
{
    char key[KEY_SIZE];
    int r = read_key(file, key, err);
    if (r < 0)
        return r;
    const struct place wanted = {key, 0};
    struct place **found = tfind(&wanted, &answers->places, place_compare);
    const struct vr_score_row *answer = found ? &answers->rows[(*found)->index] : NULL;
    if (answer && answers->are_used[(*found)->index])
        return vr_csv_table_fail(file->csv, file->keys[0].index, err, "%s is there before", key);
    if (answer)
        answers->are_used[(*found)->index] = true;
    const struct vr_score_row row = {
        .reference = strdup(cell(file, file->value)),
        .test = strdup(answer ? answer->test : ""),
        .confidence = answer ? answer->confidence : NAN,
        .score = answer ? answer->score : NAN,
    };
    return add_row(
        table, places, cell(file, file->keys[0]), cell(file, file->subject), file, row, err);
}

static int read_two(
    const struct vr_score_table_options *options, struct vr_score_table *table, struct vr_err *err)
{
    _cleanup_(file_finish) struct file file = {0};
    _cleanup_(answers_finish) struct answers answers = {0};
    _cleanup_(places_finish) void *places = NULL;
    int r = read_answers(options, &answers, err);
    if (r == 0)
        r = file_open(options, options->reference, &file, err);
    if (r == 0)
        r = find_keys(options, &file, err);
    if (r == 0)
        r = find_column(options, &file, options->reference_column, &file.value, err);
    if (r == 0)
        r = find_column(options, &file, options->subject_column, &file.subject, err);
    while (r == 0 && (r = vr_csv_table_next(file.csv, err)) == 0)
        r = join_row(&file, &answers, table, &places, err);
    if (r != -VR_ERR_EMPTY)
        return r;
    for (size_t i = 0; i < answers.count; i++)
        if (!answers.are_used[i])
            return vr_err_set(
                err, VR_ERR_INPUT, "%s:%lld: %s is not in %s", options->test,
                (long long)answers.rows[i].line, answers.rows[i].reference, options->reference);
    return 0;
}

int vr_score_table_read(
    const struct vr_score_table_options *options, struct vr_score_table *ret_table,
    struct vr_err *err)
{
    return options->csv ? read_one(options, ret_table, err) : read_two(options, ret_table, err);
}
