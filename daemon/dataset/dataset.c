/* Registry and dispatch of datasets.  Adding a driver is one file and one word here.  What every
 * driver must get right is checked here once: ranges of samples, order and range of the truth. */
#include "dataset/dataset.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "dataset/annotation_rate.h"
#include "dataset/truth_table.h"

#define DATASET_DRIVERS(X) X(synth) X(wfdb) X(edf) X(ishne) X(mat) X(csv)

#define X(word) extern const struct vr_dataset_driver vr_dataset_##word;
DATASET_DRIVERS(X)
#undef X

static const struct vr_dataset_driver *const drivers[] = {
#define X(word) &vr_dataset_##word,
    DATASET_DRIVERS(X)
#undef X
};

#define DRIVER_COUNT (sizeof drivers / sizeof drivers[0])

struct vr_dataset {
    const struct vr_dataset_driver *driver;
    char *path;
    alignas(max_align_t) unsigned char state[];
};

/* Room for one item more in a growing array, or NULL. */
static void *array_grow(void *items, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity)
        return items;
    size_t wanted = *capacity ? 2 * *capacity : 64;
    void *grown = reallocarray(items, wanted, item_size);
    if (grown)
        *capacity = wanted;
    return grown;
}

int vr_annotations_add(
    struct vr_annotations *list, const struct vr_annotation *item, const char *text,
    size_t text_size, struct vr_err *err)
{
    if (list->count >= VR_ANNOTATIONS_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "more than %d annotations; split the record", VR_ANNOTATIONS_MAX);
    void *items = array_grow(list->items, list->count, &list->capacity, sizeof *list->items);
    char *copy = text ? strndup(text, text_size) : NULL;
    if (items)
        list->items = items;
    if (!items || (text && !copy)) {
        free(copy);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for annotation %zu", list->count);
    }
    list->items[list->count] = *item;
    list->items[list->count++].text = copy;
    return 0;
}

void vr_annotations_finish(struct vr_annotations *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].text);
    for (size_t i = 0; i < VR_CODES_MAX; i++)
        free(list->definitions[i]);
    free(list->items);
    *list = (struct vr_annotations){0};
}

int vr_names_add(struct vr_names *names, const char *name, struct vr_err *err)
{
    if (names->count >= VR_NAMES_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "more than %d records; split the dataset", VR_NAMES_MAX);
    if (strlen(name) >= VR_NAME_SIZE)
        return vr_err_set(
            err, VR_ERR_INPUT, "the name \"%.40s...\" has %zu bytes; shorten it to at most %d",
            name, strlen(name), VR_NAME_SIZE - 1);
    void *items = array_grow(names->items, names->count, &names->capacity, sizeof *names->items);
    if (!items)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for name %zu", names->count);
    names->items = items;
    strcpy(names->items[names->count++], name);
    return 0;
}

void vr_names_finish(struct vr_names *names)
{
    if (!names)
        return;
    free(names->items);
    *names = (struct vr_names){0};
}

int vr_record_check_whole(const struct vr_record *record, struct vr_err *err)
{
    if (record->missing[0] == '\0')
        return 0;
    return vr_err_set(
        err, VR_ERR_NOT_FOUND, "record %s has %" PRId64 " of its %" PRId64 " frames: %s",
        record->name, record->available_frame_count, record->frame_count, record->missing);
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

const struct vr_dataset_driver *vr_dataset_driver(size_t index)
{
    return index < DRIVER_COUNT ? drivers[index] : NULL;
}

static int find_by_probe(
    const char *path, const struct vr_dataset_driver **ret_driver, struct vr_err *err)
{
    for (size_t i = 0; i < DRIVER_COUNT; i++) {
        if (drivers[i]->probe(path)) {
            *ret_driver = drivers[i];
            return 0;
        }
    }
    if (access(path, F_OK) < 0)
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: no such folder", path);
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: holds no kind of dataset that is known; give the folder of the records, or, of "
        "delimited text, its mapping NAME.map.json (docs/datasets.md)",
        path);
}

static int find(
    const char *kind, const char *path, const struct vr_dataset_driver **ret_driver,
    struct vr_err *err)
{
    if (strcmp(kind, "auto") == 0)
        return find_by_probe(path, ret_driver, err);
    const char *names[DRIVER_COUNT];
    for (size_t i = 0; i < DRIVER_COUNT; i++) {
        names[i] = drivers[i]->name;
        if (strcmp(names[i], kind) == 0) {
            *ret_driver = drivers[i];
            return 0;
        }
    }
    const char *nearest = vr_nearest(kind, names, DRIVER_COUNT);
    return vr_err_set(
        err, VR_ERR_USAGE,
        "no kind of dataset is called \"%s\"; %s%s%s`vitalrig dataset --help` lists them", kind,
        nearest ? "did you mean \"" : "", nearest ? nearest : "", nearest ? "\"? " : "");
}

const struct vr_dataset_driver *vr_dataset_find(
    const char *kind, const char *path, struct vr_err *err)
{
    const struct vr_dataset_driver *driver = NULL;
    find(kind, path, &driver, err);
    return driver;
}

int vr_dataset_list(
    const char *kind, const char *path, struct vr_names *ret_names, struct vr_err *err)
{
    const struct vr_dataset_driver *driver;
    int r = find(kind, path, &driver, err);
    if (r < 0)
        return r;
    struct vr_names names = {0};
    r = driver->list(path, &names, err);
    if (r < 0) {
        vr_names_finish(&names);
        return r;
    }
    if (names.count)
        qsort(names.items, names.count, sizeof *names.items, name_compare);
    *ret_names = names;
    return 0;
}

int vr_dataset_open(
    const char *kind, const char *path, const char *record, struct vr_dataset **ret_dataset,
    struct vr_err *err)
{
    const struct vr_dataset_driver *driver;
    int r = find(kind, path, &driver, err);
    if (r < 0)
        return r;
    struct vr_dataset *dataset = calloc(1, sizeof *dataset + driver->state_size);
    if (!dataset)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for record %s of %s", record, path);
    dataset->driver = driver;
    dataset->path = strdup(path);
    r = dataset->path ? driver->open(dataset->state, path, record, err)
                      : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the path %s", path);
    if (r < 0) {
        free(dataset->path);
        free(dataset);
        return r;
    }
    *ret_dataset = dataset;
    return 0;
}

const struct vr_record *vr_dataset_record(const struct vr_dataset *dataset)
{
    return dataset->driver->record(dataset->state);
}

int vr_dataset_read(
    struct vr_dataset *dataset, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(dataset);
    if (signal >= record->signal_count)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s has %zu signals; number %zu, counted from 0, was asked for", record->name,
            record->signal_count, signal);
    const struct vr_signal *info = &record->signals[signal];
    if (first < 0 || first > info->sample_count || count > (uint64_t)(info->sample_count - first))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s, signal %s has %" PRId64 " samples; %zu from number %" PRId64
            " on were asked for",
            record->name, info->name, info->sample_count, count, first);
    return count ? dataset->driver->read(dataset->state, signal, first, count, ret_values, err) : 0;
}

int vr_annotations_check_inside(
    const struct vr_annotations *list, const struct vr_record *record, const char *annotator,
    struct vr_err *err)
{
    int64_t end = record->frame_count;
    struct vr_rate ticks = {record->rate_num, record->rate_den};
    if (!vr_rate_convert(end, ticks, vr_annotations_rate(list, record), &end))
        end = INT64_MAX;
    for (size_t i = 0; i < list->count; i++) {
        int64_t now = list->items[i].sample_index;
        if (now < 0 || (end > 0 && now > end))
            return vr_err_set(
                err, VR_ERR_INPUT,
                "record %s, annotator %s: annotation %zu is at %" PRId64
                ", outside the record (0..%" PRId64 "); the two do not belong together",
                record->name, annotator, i, now, end);
    }
    return 0;
}

static int order_check(
    const struct vr_annotations *list, const struct vr_record *record, const char *annotator,
    struct vr_err *err)
{
    for (size_t i = 1; i < list->count; i++) {
        int64_t before = list->items[i - 1].sample_index, now = list->items[i].sample_index;
        if (now < before)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "record %s, annotator %s: annotation %zu, at %" PRId64
                ", comes after one at %" PRId64 "; sort them by time first",
                record->name, annotator, i, now, before);
    }
    return 0;
}

/* Truth of the driver, or else of a table beside the records. */
static int truth_find(
    struct vr_dataset *dataset, const char *annotator, struct vr_annotations *ret_list,
    struct vr_err *err)
{
    struct vr_err table_err = {0};
    int r = dataset->driver->truth(dataset->state, annotator, ret_list, err);
    if (r != -VR_ERR_NOT_FOUND)
        return r;
    const char *record = vr_dataset_record(dataset)->name;
    vr_annotations_finish(ret_list);
    int s = vr_truth_table_find(dataset->path, annotator, record, ret_list, &table_err);
    if (s == -VR_ERR_NOT_FOUND)
        return r;
    if (s == -VR_ERR_EMPTY)
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s", table_err.text);
    if (s < 0 && err)
        *err = table_err;
    return s;
}

int vr_dataset_truth(
    struct vr_dataset *dataset, const char *annotator, struct vr_annotations *ret_list,
    struct vr_err *err)
{
    struct vr_annotations list = {0};
    int r = truth_find(dataset, annotator, &list, err);
    const struct vr_record *record = vr_dataset_record(dataset);
    if (r == 0)
        r = vr_annotations_check_inside(&list, record, annotator, err);
    if (r == 0)
        r = order_check(&list, record, annotator, err);
    if (r < 0) {
        vr_annotations_finish(&list);
        return r;
    }
    *ret_list = list;
    return 0;
}

void vr_dataset_close(struct vr_dataset *dataset)
{
    if (!dataset)
        return;
    dataset->driver->close(dataset->state);
    free(dataset->path);
    free(dataset);
}

void vr_dataset_closep(struct vr_dataset **dataset)
{
    vr_dataset_close(*dataset);
}
