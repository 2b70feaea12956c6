/* The schema says what is allowed where; here is what a schema cannot say, and the defaults. */
#include "dataset/mat_map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_error.h"
#include "base/schema.h"
#include "dataset/folder.h"
#include "dataset/slice.h"

extern const char vr_schema_mat_map[];

static double number(const struct vr_json *object, const char *key, double absent)
{
    const struct vr_json *node = vr_json_get(object, key);
    return node ? vr_json_number(node) : absent;
}

static const char *string(const struct vr_json *object, const char *key, const char *absent)
{
    const struct vr_json *node = vr_json_get(object, key);
    return node ? vr_json_string(node) : absent;
}

static int rate_read(const struct vr_json *node, struct vr_rate *ret_rate, struct vr_err *err)
{
    char text[VR_JSON_EXCERPT_SIZE];
    if (vr_json_kind(node) == VR_JSON_NUMBER) {
        vr_json_excerpt(node, text);
        if (vr_rate_parse(text, strlen(text), ret_rate))
            return 0;
    } else {
        struct vr_slice below = {vr_json_string(node), strlen(vr_json_string(node))};
        struct vr_slice above = vr_slice_take(&below, "/");
        struct vr_rate one = {1, 1};
        int64_t num, den;
        vr_slice_skip(&below, '/');
        if (vr_slice_integer(above, 1, UINT32_MAX, &num) &&
            vr_slice_integer(below, 1, UINT32_MAX, &den)) {
            one.den = (uint32_t)den;
            if (vr_rate_multiply(one, (uint32_t)num, ret_rate))
                return 0;
        }
    }
    return vr_json_error(err, node, "a rate must be a fraction of two numbers below 2^32");
}

static int pattern_read(const struct vr_json *node, const char **ret_pattern, struct vr_err *err)
{
    const char *pattern = vr_json_string(node), *star = strchr(pattern, '*');
    const char *fault = vr_folder_name_fault(pattern);
    if (fault || strchr(pattern, '/'))
        return vr_json_error(
            err, node, "the name %s; name a file beside the mapping",
            fault ? fault : "leads into another folder");
    if (star && strchr(star + 1, '*'))
        return vr_json_error(err, node, "at most one * can stand for the name of the record");
    *ret_pattern = pattern;
    return 0;
}

static int series_read(
    const struct vr_json *node, struct vr_mat_series *ret_series, struct vr_err *err)
{
    const struct vr_json *row = vr_json_get(node, "row"), *column = vr_json_get(node, "column");
    if (row && column)
        return vr_json_error(err, column, "a row and a column make one number; give one of them");
    *ret_series = (struct vr_mat_series){
        .variable = string(node, "variable", ""),
        .row = row ? (int64_t)vr_json_number(row) : 0,
        .column = column ? (int64_t)vr_json_number(column) : 0};
    return 0;
}

static int signal_read(
    const struct vr_json *node, struct vr_mat_map_signal *signal, struct vr_err *err)
{
    int r = series_read(node, &signal->series, err);
    if (r < 0)
        return r;
    const struct vr_json *round = vr_json_get(node, "round"), *gain = vr_json_get(node, "gain");
    signal->name = string(node, "name", signal->series.variable);
    signal->unit = string(node, "unit", "");
    signal->resolution = number(node, "resolution", 1);
    signal->round = round && vr_json_bool(round);
    signal->baseline = (int32_t)number(node, "baseline", 0);
    if (gain && !signal->unit[0])
        return vr_json_error(err, gain, "a gain without a \"unit\"");
    if (signal->unit[0])
        signal->gain = gain ? vr_json_number(gain) : 1 / signal->resolution;
    return 0;
}

static int files_read(
    const struct vr_json *node, struct vr_mat_map_truth *truth, struct vr_err *err)
{
    if (!node)
        return 0;
    if (vr_json_kind(node) == VR_JSON_STRING)
        return pattern_read(node, &truth->files[truth->file_count++], err);
    int r = 0;
    for (const struct vr_json *n = vr_json_first(node); r == 0 && n; n = vr_json_next(n))
        r = pattern_read(n, &truth->files[truth->file_count++], err);
    return r;
}

static int truth_read(
    const struct vr_json *node, struct vr_mat_map_truth *truth, struct vr_err *err)
{
    int r = series_read(node, &truth->series, err);
    if (r == 0)
        r = files_read(vr_json_get(node, "file"), truth, err);
    truth->annotator = string(node, "annotator", "");
    truth->number = (int8_t)number(node, "number", 1);
    truth->first_s = number(node, "first_s", 0);
    truth->step_s = number(node, "step_s", 0);
    return r;
}

static int map_read(struct vr_mat_map *map, struct vr_err *err)
{
    const struct vr_json *root = vr_json_doc_root(map->doc);
    int r = vr_schema_check_text(vr_schema_mat_map, "mat-map.schema.json", root, err);
    if (r == 0)
        r = pattern_read(vr_json_get(root, "file"), &map->file, err);
    if (r == 0)
        r = rate_read(vr_json_get(root, "rate"), &map->rate, err);
    if (r < 0)
        return r;
    const struct vr_json *signals = vr_json_get(root, "signals"),
                         *truths = vr_json_get(root, "truth");
    map->signals = calloc(vr_json_count(signals), sizeof *map->signals);
    if (!map->signals)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "%s: no memory for it", vr_json_doc_name(map->doc));
    for (const struct vr_json *n = vr_json_first(signals); r == 0 && n; n = vr_json_next(n))
        r = signal_read(n, &map->signals[map->signal_count++], err);
    const struct vr_json *n = truths ? vr_json_first(truths) : NULL;
    for (; r == 0 && n; n = vr_json_next(n))
        r = truth_read(n, &map->truths[map->truth_count++], err);
    return r;
}

int vr_mat_map_parse(
    const char *text, size_t size, const char *display, struct vr_mat_map *ret_map,
    struct vr_err *err)
{
    struct vr_mat_map map = {0};
    int r = vr_json_doc_create(text, size, display, &map.doc, err);
    if (r == 0)
        r = map_read(&map, err);
    if (r < 0) {
        vr_mat_map_finish(&map);
        return r;
    }
    *ret_map = map;
    return 0;
}

void vr_mat_map_finish(struct vr_mat_map *map)
{
    free(map->signals);
    vr_json_doc_destroy(map->doc);
    *map = (struct vr_mat_map){0};
}

bool vr_mat_map_record(const char *pattern, const char *file, char ret_record[VR_NAME_SIZE])
{
    const char *star = strchr(pattern, '*'), *dot = strrchr(file, '.');
    size_t size = strlen(file), before = 0;
    if (!star) {
        if (strcmp(pattern, file) != 0)
            return false;
        size = dot && dot > file ? (size_t)(dot - file) : size;
    } else {
        size_t behind = strlen(star + 1);
        before = (size_t)(star - pattern);
        if (size <= before + behind || strncmp(file, pattern, before) != 0 ||
            strcmp(file + size - behind, star + 1) != 0)
            return false;
        size -= before + behind;
    }
    if (size >= VR_NAME_SIZE || file[before] == '.')
        return false;
    memcpy(ret_record, file + before, size);
    ret_record[size] = '\0';
    return true;
}

bool vr_mat_map_file(const char *pattern, const char *record, char *ret_file, size_t size)
{
    const char *star = strchr(pattern, '*');
    int used =
        star
            ? snprintf(ret_file, size, "%.*s%s%s", (int)(star - pattern), pattern, record, star + 1)
            : snprintf(ret_file, size, "%s", pattern);
    return used >= 0 && (size_t)used < size;
}
