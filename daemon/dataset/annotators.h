/* Which annotators a record has: those that its kind of file holds in itself, annotation files beside it, and tables of labels. */
#ifndef VR_DATASET_ANNOTATORS_H
#define VR_DATASET_ANNOTATORS_H

#include "dataset/dataset.h"

/* Names that vr_dataset_truth may know.  Found by the names of files and their ends, not read: whoever wants one may still be told that it is
 * none.  Sorted; the caller ends *ret_names. */
int vr_dataset_annotators(
    const char *kind, const char *path, const char *record, struct vr_names *ret_names,
    struct vr_err *err);

#endif
