/* One WFDB signal file: a stream of samples of one or more signals, read at any position.
 *
 * In a frame the file holds samples_per_frame samples of each of its signals, one signal after the
 * other (a FLAC stream: a channel for each). */
#ifndef VR_DATASET_WFDB_SIGNAL_H
#define VR_DATASET_WFDB_SIGNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "dataset/folder.h"
#include "dataset/wfdb_header.h"

#define VR_WFDB_FILE_SIZE_MAX \
    (INT64_C(1) << 36)              /* 64 GiB, since opening reads the whole file once */
#define VR_WFDB_BLOCK_SAMPLES 12288 /* a multiple of every pack; 48 kB decoded */

struct vr_wfdb_stream;

/* Take the open file (also on error; fd -1 for signals without one, format 0) and a copy of
 * `display`.  `signals` are those of the file, as the header describes them, in a format that there
 * is.  frame_count < 0: as many as the file holds.  VR_ERR_INPUT when the file is too short, with
 * both sizes, or needed beyond VR_WFDB_FILE_SIZE_MAX. */
int vr_wfdb_stream_create(
    const struct vr_folder_file *file, const char *display, const struct vr_wfdb_signal *signals,
    size_t signal_count, int64_t frame_count, struct vr_wfdb_stream **ret_stream,
    struct vr_err *err);
void vr_wfdb_stream_destroy(struct vr_wfdb_stream *stream);

/* Whole frames that it holds, up to those asked for; -1 = any number: there is no file. */
int64_t vr_wfdb_stream_frames(const struct vr_wfdb_stream *stream);

/* Samples [first, first + count) of its i-th signal, counted from the first frame of the file,
 * which must hold them. */
int vr_wfdb_stream_read(
    struct vr_wfdb_stream *stream, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err);

/* One pass over the whole stream: add the bytes up to the end of its samples to `digest`, and to
 * ret_sums[signal] the samples of each signal, modulo 2^16, as WFDB checksums do.  What reading at
 * any position needs later is kept: of differences some sums on the way. */
int vr_wfdb_stream_survey(
    struct vr_wfdb_stream *stream, struct vr_digest *digest, uint16_t *ret_sums,
    struct vr_err *err);

/* What the file holds behind its last frame, in words ("2 bytes"); "" = nothing. */
void vr_wfdb_stream_surplus(const struct vr_wfdb_stream *stream, char *ret_text, size_t size);

#endif
