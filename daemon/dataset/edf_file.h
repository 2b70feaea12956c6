/* An open EDF file: its header, when each record was taken, and what its annotation signals say.
 *
 * Time 0 is that of the first record, which EDF+ may put a part of a second (EDF+D: any time) after the start that the
 * header tells. */
#ifndef VR_DATASET_EDF_FILE_H
#define VR_DATASET_EDF_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "dataset/edf_header.h"
#include "dataset/edf_tal.h"
#include "dataset/folder.h"

/* Records that follow each other without a gap, up to the next segment's first. */
struct vr_edf_segment {
    int64_t first_record;
    int64_t start_ns;
};

/* Something that was noted at a time. */
struct vr_edf_event {
    int64_t onset_ns;    /* may lie before 0, or behind the last record */
    int64_t duration_ns; /* VR_EDF_NO_DURATION = none was given */
    size_t index;        /* in the order of the file */
    char *text;          /* UTF-8, owned */
};

struct vr_edf_file {
    struct vr_folder_file file;
    char *display; /* the file in errors */
    struct vr_edf_header header;
    int64_t first_ns;                /* the first record, after the start of the header */
    bool times_ignored;              /* those of records, which contradict EDF+C */
    struct vr_edf_segment *segments; /* one at least */
    size_t segment_count, segment_capacity;
    struct vr_edf_event *events; /* by onset; of the same onset, in the order of the file */
    size_t event_count, event_capacity;
    char events_fault[256]; /* why the events must not be used as truth: where one is broken; "" */
    char sha256[VR_DIGEST_HEX_SIZE]; /* of the whole file */
};

/* Take the open file (also on error) and a copy of `display`, and read all of it once.  VR_ERR_INPUT for what cannot be
 * read for what it claims to be.  The caller closes it. */
int vr_edf_file_open(
    const struct vr_folder_file *file, const char *display, struct vr_edf_file *ret_file,
    struct vr_err *err);
void vr_edf_file_close(struct vr_edf_file *edf);

/* Where a segment begins in samples of a signal, rounded to the nearest, and where the last one ends.  False when that
 * is further than VR_EDF_SAMPLES_MAX. */
#define VR_EDF_SAMPLES_MAX (INT64_C(1) << 40)
bool vr_edf_file_position(
    const struct vr_edf_file *edf, size_t segment, const struct vr_edf_signal *signal,
    int64_t *ret_position);

/* Records of a segment. */
int64_t vr_edf_file_records(const struct vr_edf_file *edf, size_t segment);

#endif
