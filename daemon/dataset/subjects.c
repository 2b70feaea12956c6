/* One block of memory a row: its array of strata, then its texts. */
#include "dataset/subjects.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/csv_table.h"
#include "dataset/dataset.h"

struct row {
    struct vr_subject subject;
    void *block;
};

struct vr_subjects {
    struct row *items;
    size_t count, capacity;
};

static int heading_check(const struct vr_csv_table *table, struct vr_err *err)
{
    size_t width = vr_csv_table_width(table);
    if (width < 2 || strcmp(vr_csv_table_name(table, 0).text, "record") != 0 ||
        strcmp(vr_csv_table_name(table, 1).text, "subject") != 0)
        return vr_csv_table_fail(
            table, 0, err, "the heading must be record,subject and then any strata");
    if (width > 2 + VR_STRATA_MAX)
        return vr_csv_table_fail(
            table, 2 + VR_STRATA_MAX, err, "more than %d strata", VR_STRATA_MAX);
    for (size_t i = 2; i < width; i++) {
        const char *name = vr_csv_table_name(table, i).text;
        if (!name[0] || strpbrk(name, "=,\r\n"))
            return vr_csv_table_fail(
                table, i, err, "a stratum must have a name, without \"=\" and \",\"");
        for (size_t j = 2; j < i; j++)
            if (strcmp(name, vr_csv_table_name(table, j).text) == 0)
                return vr_csv_table_fail(table, i, err, "the stratum \"%.60s\" twice", name);
    }
    return 0;
}

static int cell_check(
    const struct vr_csv_table *table, size_t column, size_t size_max, struct vr_err *err)
{
    struct vr_slice cell = vr_csv_table_cell(table, column);
    if (cell.size > size_max)
        return vr_csv_table_fail(
            table, column, err, "\"%.*s...\" has %zu bytes, at most %zu are read",
            VR_SLICE_SHOWN(cell), cell.size, size_max);
    if (strpbrk(cell.text, "\r\n"))
        return vr_csv_table_fail(table, column, err, "a line break inside a name");
    return 0;
}

static int row_check(const struct vr_csv_table *table, struct vr_err *err)
{
    for (size_t i = 0; i < vr_csv_table_width(table); i++) {
        size_t name = vr_csv_table_name(table, i).size + 1;
        size_t room = i < 2                    ? VR_NAME_SIZE - 1
                      : name < VR_STRATUM_SIZE ? VR_STRATUM_SIZE - 1 - name
                                               : 0;
        int r = cell_check(table, i, room, err);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < 2; i++)
        if (vr_csv_table_cell(table, i).size == 0)
            return vr_csv_table_fail(
                table, i, err, "a row without its %s", i ? "subject" : "record");
    return 0;
}

static const char *text_append(char **end, const char *a, const char *b, const char *c)
{
    char *text = *end;
    *end = stpcpy(stpcpy(stpcpy(text, a), b), c) + 1;
    return text;
}

static int row_add(
    struct vr_subjects *subjects, const struct vr_csv_table *table, struct vr_err *err)
{
    size_t width = vr_csv_table_width(table), size = (width - 2) * sizeof(char *);
    for (size_t i = 0; i < width; i++)
        size += vr_csv_table_name(table, i).size + vr_csv_table_cell(table, i).size + 2;
    const char **strata = malloc(size);
    if (!strata)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for subject %zu", subjects->count);
    char *end = (char *)(strata + (width - 2));
    struct row *item = &subjects->items[subjects->count++];
    struct vr_subject *row = &item->subject;
    *item = (struct row){{.strata = strata, .line = vr_csv_table_line(table)}, strata};
    row->record = text_append(&end, vr_csv_table_cell(table, 0).text, "", "");
    row->name = text_append(&end, vr_csv_table_cell(table, 1).text, "", "");
    for (size_t i = 2; i < width; i++)
        if (vr_csv_table_cell(table, i).size)
            strata[row->stratum_count++] = text_append(
                &end, vr_csv_table_name(table, i).text, "=", vr_csv_table_cell(table, i).text);
    return 0;
}

static int rows_read(struct vr_subjects *subjects, struct vr_csv_table *table, struct vr_err *err)
{
    int r = heading_check(table, err);
    if (r < 0)
        return r;
    while ((r = vr_csv_table_next(table, err)) == 0) {
        if (subjects->count == VR_NAMES_MAX)
            return vr_csv_table_fail(table, 0, err, "more than %d records", VR_NAMES_MAX);
        if (subjects->count == subjects->capacity) {
            size_t capacity = subjects->capacity ? 2 * subjects->capacity : 64;
            void *items = reallocarray(subjects->items, capacity, sizeof *subjects->items);
            if (!items)
                return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu subjects", capacity);
            subjects->items = items;
            subjects->capacity = capacity;
        }
        r = row_check(table, err);
        if (r == 0)
            r = row_add(subjects, table, err);
        if (r < 0)
            return r;
    }
    return r == -VR_ERR_EMPTY ? 0 : r;
}

static int row_compare(const void *a, const void *b)
{
    const struct vr_subject *x = &((const struct row *)a)->subject;
    const struct vr_subject *y = &((const struct row *)b)->subject;
    int order = strcmp(x->record, y->record);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static int rows_sort(struct vr_subjects *subjects, const char *display, struct vr_err *err)
{
    if (subjects->count)
        qsort(subjects->items, subjects->count, sizeof *subjects->items, row_compare);
    for (size_t i = 1; i < subjects->count; i++) {
        const struct vr_subject *before = &subjects->items[i - 1].subject;
        const struct vr_subject *row = &subjects->items[i].subject;
        if (strcmp(before->record, row->record) == 0)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "%s:%" PRId64 ":1: record %.60s was given a subject in line %" PRId64
                "; keep one of the two",
                display, row->line, row->record, before->line);
    }
    return 0;
}

int vr_subjects_load(const char *path, struct vr_subjects **ret_subjects, struct vr_err *err)
{
    struct vr_csv_format format = VR_CSV_FORMAT_DEFAULT;
    format.heading = true;
    _cleanup_(vr_csv_table_destroyp) struct vr_csv_table *table = NULL;
    int r = vr_csv_table_open_beside(path, VR_SUBJECTS_FILE, &format, &table, err);
    if (r < 0)
        return r;
    struct vr_subjects *subjects = calloc(1, sizeof *subjects);
    if (!subjects)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for subjects", path);
    r = rows_read(subjects, table, err);
    if (r == 0)
        r = rows_sort(subjects, vr_csv_table_display(table), err);
    if (r < 0) {
        vr_subjects_destroy(subjects);
        return r;
    }
    *ret_subjects = subjects;
    return 0;
}

void vr_subjects_destroy(struct vr_subjects *subjects)
{
    if (!subjects)
        return;
    for (size_t i = 0; i < subjects->count; i++)
        free(subjects->items[i].block);
    free(subjects->items);
    free(subjects);
}

void vr_subjects_destroyp(struct vr_subjects **subjects)
{
    vr_subjects_destroy(*subjects);
}

static int record_compare(const void *key, const void *item)
{
    return strcmp(key, ((const struct row *)item)->subject.record);
}

const struct vr_subject *vr_subjects_find(const struct vr_subjects *subjects, const char *record)
{
    const struct row *found = NULL;
    if (subjects->count)
        found = bsearch(
            record, subjects->items, subjects->count, sizeof *subjects->items, record_compare);
    return found ? &found->subject : NULL;
}

size_t vr_subjects_count(const struct vr_subjects *subjects)
{
    return subjects->count;
}

const struct vr_subject *vr_subjects_at(const struct vr_subjects *subjects, size_t index)
{
    return index < subjects->count ? &subjects->items[index].subject : NULL;
}
