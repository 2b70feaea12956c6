/* Labels of whole records: the table ANNOTATOR.csv in the dataset's folder, with a line `record,label`
 * for each record; the first line may be that heading.  REFERENCE.csv of the CinC 2017 challenge is
 * one. */
#ifndef VR_DATASET_TRUTH_TABLE_H
#define VR_DATASET_TRUTH_TABLE_H

#include "base/err.h"
#include "dataset/dataset.h"

/* The label of a record as one annotation at 0 (NOTE; without text when the cell is empty).  `path` is
 * that of the dataset.  VR_ERR_NOT_FOUND: no such table; VR_ERR_EMPTY: the record is not in it;
 * VR_ERR_INPUT with its place: the record twice, or lines of another shape.  *ret_list comes empty; the caller ends it,
 * also on error. */
int vr_truth_table_find(
    const char *path, const char *annotator, const char *record, struct vr_annotations *ret_list,
    struct vr_err *err);

#endif
