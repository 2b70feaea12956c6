/* Mapping files of MATLAB recordings: which variables of which files are the signals and the truth of a record, for a
 * MATLAB file tells neither names nor units nor a rate.  schema/mat-map.schema.json has every member; docs/datasets.md
 * shows one.
 *
 * Texts are the document's, which lives as long as the mapping. */
#ifndef VR_DATASET_MAT_MAP_H
#define VR_DATASET_MAT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "dataset/dataset.h"
#include "dataset/rate.h"

#define VR_MAT_MAP_SUFFIX ".mat.json"
#define VR_MAT_TRUTHS_MAX 16
#define VR_MAT_FILES_MAX 8

/* A row, a column, or all of a matrix that has one row or one column. */
struct vr_mat_series {
    const char *variable;
    int64_t row, column; /* from 1; 0 = not given */
};

struct vr_mat_map_signal {
    struct vr_mat_series series;
    const char *name;
    const char *unit;  /* "" = not calibrated */
    double resolution; /* a sample counts these steps */
    bool round;        /* numbers that are no whole steps are rounded; else they are an error */
    double gain;       /* 0 = not calibrated */
    int32_t baseline;
};

/* Measurements at a steady pace: the i-th, from 0, is of the window that ends at first_s + i * step_s. */
struct vr_mat_map_truth {
    const char *annotator;
    const char
        *files[VR_MAT_FILES_MAX]; /* the first that is there; none given = the record's own */
    size_t file_count;
    struct vr_mat_series series;
    int8_t number; /* of the measurement */
    double first_s, step_s;
};

struct vr_mat_map {
    struct vr_json_doc *doc;
    const char *file; /* of a record, with at most one '*', which stands for its name */
    struct vr_rate rate;
    size_t signal_count;
    struct vr_mat_map_signal *signals;
    size_t truth_count;
    struct vr_mat_map_truth truths[VR_MAT_TRUTHS_MAX];
};

/* Read a mapping: `size` bytes; `display` stands for the file in errors, which read "FILE:LINE:COLUMN: ...".
 * VR_ERR_INPUT.  The caller ends *ret_map. */
int vr_mat_map_parse(
    const char *text, size_t size, const char *display, struct vr_mat_map *ret_map,
    struct vr_err *err);

void vr_mat_map_finish(struct vr_mat_map *map);

/* The name of a record in a file's name: what the '*' of `pattern` stands for, or without one the whole stem.  False when
 * the file does not fit. */
bool vr_mat_map_record(const char *pattern, const char *file, char ret_record[VR_NAME_SIZE]);

/* The name of a record's file.  False when it does not fit into `size` bytes. */
bool vr_mat_map_file(const char *pattern, const char *record, char *ret_file, size_t size);

#endif
