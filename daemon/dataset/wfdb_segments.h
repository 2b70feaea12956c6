/* A WFDB record in segments, one after the other in time: each a record of its own, or a gap.
 *
 * With a layout (the first segment, of no length) the record's signals are those of the layout; a
 * segment has some of them, by their names, and each sample is rescaled to the layout's gain and
 * baseline.  Without one, every segment has the same signals, one by one. */
#ifndef VR_DATASET_WFDB_SEGMENTS_H
#define VR_DATASET_WFDB_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/wfdb_header.h"
#include "dataset/wfdb_part.h"

struct vr_wfdb_segments;

/* Read every segment once, for the digest, the checksums and the agreement of its signals; only a
 * few stay open.  The folder is borrowed; the header, which has segments, is taken, also on error.
 * VR_ERR_NOT_FOUND when the layout, or every segment, is not there; one that is not there is no
 * error yet. */
int vr_wfdb_segments_open(
    const struct vr_wfdb_folder *folder, const char *name, struct vr_wfdb_header *header,
    struct vr_digest *digest, char warning[VR_WARNING_SIZE], struct vr_wfdb_segments **ret_segments,
    struct vr_err *err);
void vr_wfdb_segments_close(struct vr_wfdb_segments *segments);

/* The signals of the record, valid until closed. */
const struct vr_wfdb_signal *vr_wfdb_segments_signals(
    const struct vr_wfdb_segments *segments, size_t *ret_count);

/* The sum of the segments' lengths. */
int64_t vr_wfdb_segments_frames(const struct vr_wfdb_segments *segments);

/* Frames before the first segment that is not there (all of them, when none is missing), and what
 * is missing in words, or "". */
int64_t vr_wfdb_segments_available(
    const struct vr_wfdb_segments *segments, char *ret_missing, size_t size);

/* Samples [first, first + count) of a signal, inside the record.  Gaps, absent signals and what a
 * skew leaves open at a segment's end are invalid.  VR_ERR_NOT_FOUND, naming the segment, when one
 * of them is not there. */
int vr_wfdb_segments_read(
    struct vr_wfdb_segments *segments, size_t signal, int64_t first, size_t count,
    int32_t *ret_values, struct vr_err *err);

#endif
