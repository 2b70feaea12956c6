/* One WFDB header and the signal files that it names: a whole record, or a segment of one. */
#ifndef VR_DATASET_WFDB_PART_H
#define VR_DATASET_WFDB_PART_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/wfdb_header.h"
#include "dataset/wfdb_signal.h"

#define VR_WFDB_PART_NAME_SIZE (2 * VR_NAME_SIZE) /* "sub/record", "sub/below/segment" */

/* Where its files are; borrowed. */
struct vr_wfdb_folder {
    int fd;
    const char *path; /* for errors */
};

/* Where a signal lies. */
struct vr_wfdb_source {
    size_t stream;
    size_t signal; /* of the stream */
};

struct vr_wfdb_part {
    char name[VR_WFDB_PART_NAME_SIZE];
    struct vr_wfdb_header header;
    struct vr_wfdb_stream **streams; /* a file each */
    size_t stream_count;
    struct vr_wfdb_source *sources; /* of each signal */
    int64_t held_frame_count;       /* in the files */
    int64_t frame_count; /* for which each signal has samples: less by the largest skew */
    uint64_t stamp;      /* of sizes and times of change: another one, other files */
};

/* Size of "sub/" in "sub/record". */
size_t vr_wfdb_folder_part_size(const char *name);

/* Read NAME.hea, which must say that it is of this record, and add its bytes to `digest` (may be
 * NULL) and to *stamp (may be NULL).  VR_ERR_NOT_FOUND when there is none. */
int vr_wfdb_part_header(
    const struct vr_wfdb_folder *folder, const char *name, struct vr_digest *digest,
    uint64_t *stamp, struct vr_wfdb_header *ret_header, struct vr_err *err);

/* Open the files of a header without segments, which is taken, also on error.  VR_ERR_NOT_FOUND
 * when a file is not there, VR_ERR_INPUT when one is too short. */
int vr_wfdb_part_create(
    const struct vr_wfdb_folder *folder, const char *name, struct vr_wfdb_header *header,
    uint64_t stamp, struct vr_wfdb_part **ret_part, struct vr_err *err);

/* Both of them. */
int vr_wfdb_part_open(
    const struct vr_wfdb_folder *folder, const char *name, struct vr_digest *digest,
    struct vr_wfdb_part **ret_part, struct vr_err *err);

void vr_wfdb_part_close(struct vr_wfdb_part *part);

/* Samples of a signal that lie in the files from its time 0 on. */
int64_t vr_wfdb_part_samples(const struct vr_wfdb_part *part, size_t signal);

/* Samples [first, first + count) of a signal, which it must have, from its time 0 on. */
int vr_wfdb_part_read(
    struct vr_wfdb_part *part, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err);

/* Read every signal file once, for the digest and the checksums; what a reader should know is added
 * to `warning`. */
int vr_wfdb_part_survey(
    struct vr_wfdb_part *part, struct vr_digest *digest, char warning[VR_WARNING_SIZE],
    struct vr_err *err);

/* Add a clause to a warning; what finds no room is cut. */
void vr_wfdb_warn(char warning[VR_WARNING_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
