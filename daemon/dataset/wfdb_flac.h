/* A WFDB signal file in FLAC (formats 508, 516, 524): one stream, a channel for each signal.  The
 * sample rate that it names means nothing. */
#ifndef VR_DATASET_WFDB_FLAC_H
#define VR_DATASET_WFDB_FLAC_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "dataset/folder.h"

#define VR_WFDB_FLAC_CHANNELS_MAX 8 /* of the FLAC format */

struct vr_wfdb_flac;

/* Read the stream's head.  The file stays the caller's, and open; `display` stands for it in
 * errors.  `bits` are those of a sample, at most; the lowest value of so many bits means "no
 * sample".  VR_ERR_INPUT when it is no FLAC stream of so many channels. */
int vr_wfdb_flac_open(
    const struct vr_folder_file *file, const char *display, int64_t byte_offset,
    size_t channel_count, unsigned bits, struct vr_wfdb_flac **ret_flac, struct vr_err *err);
void vr_wfdb_flac_close(struct vr_wfdb_flac *flac);

/* Samples of each channel; where the head does not tell, all are decoded once to count them. */
int vr_wfdb_flac_count(struct vr_wfdb_flac *flac, int64_t *ret_sample_count, struct vr_err *err);

/* Samples [first, first + count) of a channel, which must have them.  Seeks, and keeps the blocks
 * decoded last: so many bytes, whatever the length. */
int vr_wfdb_flac_read(
    struct vr_wfdb_flac *flac, size_t channel, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err);

/* Decode the whole stream: add the whole file to `digest`, and to ret_sums[channel] the first
 * sample_count samples of each channel, modulo 2^16.  VR_ERR_INPUT when any of it is damaged, or
 * there are not so many samples. */
int vr_wfdb_flac_survey(
    struct vr_wfdb_flac *flac, int64_t sample_count, struct vr_digest *digest, uint16_t *ret_sums,
    struct vr_err *err);

#endif
