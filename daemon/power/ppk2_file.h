/* .ppk2: a trace as nRF Connect Power Profiler stores it and opens it.  A zip archive of three files:
 *
 *     session.raw     6 B a sample: f32 little-endian uA, u16 big-endian: two bits a line, line n at 2n: 01 low, 10 high, 11 both, 00 not known
 *     metadata.json   {"metadata":{"samplesPerSecond":100000,"startSystemTime":ms},"formatVersion":2}
 *     minimap.raw     the overview (power/ppk2_minimap.h)
 *
 * Facts read in https://github.com/NordicSemiconductor/pc-nrfconnect-ppk, src/globals.ts and src/utils.
 *
 * The format has no word for a sample that was lost.  Here it is written as NaN with all lines not known, which the application draws as
 * a hole, and read as missing.  The application itself writes 0.2 uA in its place (src/actions/deviceActions.ts), which nothing tells
 * from a reading, and 0 for whatever is below 0.2 uA: of its files no reader can say that nothing is missing. */
#ifndef VR_POWER_PPK2_FILE_H
#define VR_POWER_PPK2_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* --- reading --- */

struct vr_ppk2_file; /* an open one; session.raw is unpacked as it is read */

struct vr_ppk2_info {
    double rate_hz;
    int64_t count;         /* samples that the archive promises */
    double started_utc_ms; /* NaN = it does not say */
};

/* Whether these are the first bytes of a zip archive. */
int vr_ppk2_file_is(const uint8_t *head, size_t size);

/* VR_ERR_INPUT: what is wrong with it; VR_ERR_NOT_FOUND, VR_ERR_IO. */
int vr_ppk2_file_open(
    const char *path, struct vr_ppk2_file **ret_file, struct vr_ppk2_info *ret_info,
    struct vr_err *err);

/* The next samples; *ret_count 0 = that was the last.  `microamperes` NaN = missing; a line that was both high and low counts as high, one that
 * is not known as it was before.  VR_ERR_INPUT: the archive is damaged (its check sum is tested behind the last sample). */
int vr_ppk2_file_read(
    struct vr_ppk2_file *file, double *microamperes, uint8_t *lines, size_t capacity,
    size_t *ret_count, struct vr_err *err);

void vr_ppk2_file_close(struct vr_ppk2_file *file); /* NULL is allowed */

/* --- writing --- */

/* The next samples of the trace, up to `capacity` and at least one: amperes, NaN = missing, and levels.  `lines` is zeroed before. */
typedef int vr_ppk2_samples_fn(
    void *context, float *amperes, uint8_t *lines, size_t capacity, size_t *ret_count,
    struct vr_err *err);

/* Write info->count samples, asked for as they are packed: memory does not depend on the count.  The file appears whole or not at all,
 * in the place of one that was there.  VR_ERR_INPUT: the rate is no whole number up to 100,000, which is all that the format has; VR_ERR_IO;
 * or what `samples` says. */
int vr_ppk2_file_write(
    const char *path, const struct vr_ppk2_info *info, vr_ppk2_samples_fn *samples, void *context,
    struct vr_err *err);

#endif
