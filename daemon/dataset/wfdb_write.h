/* Any record as a WFDB record, for fixtures, exports and imports. */
#ifndef VR_DATASET_WFDB_WRITE_H
#define VR_DATASET_WFDB_WRITE_H

#include <stdint.h>

#include "base/err.h"
#include "dataset/dataset.h"

/* Write the first frame_count frames of an open record as FOLDER/NAME.hea and NAME.dat, and with
 * `annotator` (else NULL) its annotations before that frame as NAME.ANNOTATOR.  The header comes last, so
 * that no half record is ever seen.  VR_ERR_INPUT when a value does not fit the format (16 or 212). */
int vr_wfdb_record_write(
    struct vr_dataset *source, const char *folder, const char *name, int format,
    int64_t frame_count, const char *annotator, struct vr_err *err);

#endif
