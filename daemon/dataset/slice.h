/* A stretch of text that is not ended by a NUL, and the steps that take it apart: for parsers of
 * lines. */
#ifndef VR_DATASET_SLICE_H
#define VR_DATASET_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vr_slice {
    const char *text;
    size_t size;
};

/* For "%.*s" in an error: enough of the slice to find it by. */
#define VR_SLICE_SHOWN(slice) (int)((slice).size < 60 ? (slice).size : 60), (slice).text

/* Without blanks (space, tab) at both ends. */
struct vr_slice vr_slice_trim(struct vr_slice slice);

/* What stands before the first of `delimiters`, or all of it; *slice goes on at the delimiter. */
struct vr_slice vr_slice_take(struct vr_slice *slice, const char *delimiters);

/* The next word, of size 0 at the end; *slice goes on behind it. */
struct vr_slice vr_slice_word(struct vr_slice *slice);

/* Step over c if it comes next. */
bool vr_slice_skip(struct vr_slice *slice, char c);

/* A decimal integer in [min, max] that takes the whole slice. */
bool vr_slice_integer(struct vr_slice slice, int64_t min, int64_t max, int64_t *ret_value);

/* A finite decimal number that takes the whole slice; no hexadecimal, no words. */
bool vr_slice_real(struct vr_slice slice, double *ret_value);

#endif
