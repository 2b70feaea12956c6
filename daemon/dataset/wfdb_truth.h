/* Annotations of a WFDB record in a folder.  Its signal files need not be there: often only the
 * annotations are. */
#ifndef VR_DATASET_WFDB_TRUTH_H
#define VR_DATASET_WFDB_TRUTH_H

#include <stdbool.h>

#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/wfdb_header.h"
#include "dataset/wfdb_part.h"

/* RECORD.ANNOTATOR in ticks of `rate`, or with `fine` in those of the file where they are finer, in
 * the order of the file.  VR_ERR_NOT_FOUND when there is no
 * such file. */
int vr_wfdb_truth_load(
    const struct vr_wfdb_folder *folder, const char *record, const char *annotator,
    struct vr_rate rate, bool fine, struct vr_annotations *ret_list, struct vr_err *err);

/* The same for a folder at a path, in the ticks of the record's header, which has its start too.  Without a
 * header, *ret_header has the format's default rate, 250 Hz, and line 0.  The caller ends both. */
int vr_wfdb_truth_read(
    const char *path, const char *record, const char *annotator, struct vr_wfdb_header *ret_header,
    struct vr_annotations *ret_list, struct vr_err *err);

#endif
