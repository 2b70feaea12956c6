/* One WFDB signal file: an interleaved stream of samples, read at any position.
 *
 * Position p of the stream is frame p / F, slot p % F, where F is the number of samples of all
 * signals of the file in one frame. */
#ifndef VR_DATASET_WFDB_SIGNAL_H
#define VR_DATASET_WFDB_SIGNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "dataset/folder.h"
#include "dataset/wfdb_format.h"

#define VR_WFDB_FILE_SIZE_MAX \
    (INT64_C(1) << 36)              /* 64 GiB, since opening reads the whole file once */
#define VR_WFDB_BLOCK_SAMPLES 12288 /* a multiple of every pack; 48 kB decoded */

struct vr_wfdb_stream {
    struct vr_folder_file file;
    char *display; /* the file in errors */
    const struct vr_wfdb_format *format;
    int64_t byte_offset;
    int64_t sample_count;
    int64_t block; /* which block is held below, -1 = none */
    size_t block_size;
    uint8_t bytes[VR_WFDB_BLOCK_SAMPLES * 4];
    int32_t values[VR_WFDB_BLOCK_SAMPLES];
};

/* Where the samples of one signal lie in its stream. */
struct vr_wfdb_track {
    int64_t frame_first;        /* frame of the signal's sample 0 (its skew) */
    uint32_t frame_samples;     /* F */
    uint32_t slot;              /* of the signal's first sample in a frame */
    uint32_t samples_per_frame; /* of this signal */
};

/* Take the open file (also on error) and a copy of `display`.  sample_count < 0: as many as the
 * file holds.  VR_ERR_INPUT when the file is too short, with both sizes, or needed beyond
 * VR_WFDB_FILE_SIZE_MAX. */
int vr_wfdb_stream_create(
    const struct vr_folder_file *file, const char *display, const struct vr_wfdb_format *format,
    int64_t byte_offset, int64_t sample_count, struct vr_wfdb_stream **ret_stream,
    struct vr_err *err);
void vr_wfdb_stream_destroy(struct vr_wfdb_stream *stream);

/* Samples [first, first + count) of a track, which must lie inside the stream. */
int vr_wfdb_stream_read(
    struct vr_wfdb_stream *stream, const struct vr_wfdb_track *track, int64_t first, size_t count,
    int32_t *ret_values, struct vr_err *err);

/* One pass over the whole stream: add the bytes up to the end of its samples to `digest`, and to
 * ret_sums[slot] the samples of each slot of a frame, modulo 2^16, as WFDB checksums do. */
int vr_wfdb_stream_survey(
    struct vr_wfdb_stream *stream, uint32_t frame_samples, struct vr_digest *digest,
    uint16_t *ret_sums, struct vr_err *err);

/* Bytes of the file behind its last sample. */
int64_t vr_wfdb_stream_surplus(const struct vr_wfdb_stream *stream);

#endif
