/* Recorded traces, whatever wrote them: told apart by what they contain, read piece by piece.
 *
 *     .ppk2                nRF Connect Power Profiler (power/ppk2_file.h)
 *     trace1-energy.bin    MLPerf Tiny's energy runs (power/mlperf_trace.h)
 *     csv                  names of columns, then rows (power/csv_rows.h): `vitalrig export --what power`, other programs */
#ifndef VR_POWER_TRACE_FILE_H
#define VR_POWER_TRACE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/power_samples.h"

#define VR_TRACE_BLOCK 512

/* What a csv does not say itself; zero = it does. */
struct vr_trace_options {
    const char *columns; /* names, for a file that begins with numbers */
    double scale;        /* amperes of one unit of the column of current */
    double rate_hz;
};

struct vr_trace_info {
    const char *format; /* "ppk2", "mlperf", "csv" */
    double rate_hz;
    enum vr_power_quantity quantity;
    double unit; /* of the values, in SI: 1e-6 for uA or uJ */
    bool has_volts, has_lines;
    const char *losses; /* how far they can be seen, in words */
};

/* Samples as the file has them: the numbers themselves, not rounded to a float in SI units. */
struct vr_trace_block {
    int64_t missing; /* samples that are missing before these */
    size_t count;
    double values[VR_TRACE_BLOCK]; /* in `unit`; NaN = missing */
    float volts[VR_TRACE_BLOCK];   /* V; NaN where has_volts is false */
    uint8_t lines[VR_TRACE_BLOCK];
};

struct vr_trace_file;

/* VR_ERR_NOT_FOUND, VR_ERR_IO, or VR_ERR_INPUT: what is wrong with it.  `options` may be NULL. */
int vr_trace_file_open(
    const char *path, const struct vr_trace_options *options, struct vr_trace_file **ret_file,
    struct vr_trace_info *ret_info, struct vr_err *err);

/* *ret_block with count 0 and missing 0 = the end.  VR_ERR_INPUT: the file is damaged from here on. */
int vr_trace_file_read(
    struct vr_trace_file *file, struct vr_trace_block *ret_block, struct vr_err *err);

void vr_trace_file_close(struct vr_trace_file *file); /* NULL is allowed */
void vr_trace_file_closep(struct vr_trace_file **file);

#endif
