/* The trace that the EEMBC runner of MLPerf Tiny keeps of an energy run, "trace1-energy.bin": u8 0xF1, f32 little-endian samples a second,
 * then f32 little-endian energy of each sample in uJ.  mlcommons/tiny_results_v1.1, closed, any results folder's energy folder. */
#ifndef VR_POWER_MLPERF_TRACE_H
#define VR_POWER_MLPERF_TRACE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

#define VR_MLPERF_TRACE_MARK 0xF1

/* `file` is at its first byte.  VR_ERR_INPUT, VR_ERR_IO; texts begin with `name`. */
int vr_mlperf_trace_begin(FILE *file, const char *name, double *ret_rate_hz, struct vr_err *err);

/* *ret_count 0 = the end.  VR_ERR_INPUT: an energy that is none (infinite), or the file ends within a sample. */
int vr_mlperf_trace_read(
    FILE *file, const char *name, double *microjoules, size_t capacity, size_t *ret_count,
    struct vr_err *err);

#endif
