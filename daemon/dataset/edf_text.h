/* Text of EDF files: fields of fixed width that writers fill in many ways, and names in unknown character sets. */
#ifndef VR_DATASET_EDF_TEXT_H
#define VR_DATASET_EDF_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataset/slice.h"

/* Without blanks and NULs at both ends. */
struct vr_slice vr_edf_text_trim(struct vr_slice field);

/* Copy as UTF-8 into `size` bytes (at least 1), cut at a character's end: what is no UTF-8 is taken as Latin-1, and
 * control characters become blanks.  Returns whether the bytes were UTF-8. */
bool vr_edf_text_copy(struct vr_slice text, char *ret_text, size_t size);

/* Bytes that the copy of any text needs, with its NUL: a Latin-1 character takes two. */
#define VR_EDF_TEXT_COPY_SIZE(text_size) (2 * (text_size) + 1)

/* A finite number that takes the whole trimmed field; a decimal comma will do and is told. */
bool vr_edf_text_real(struct vr_slice field, double *ret_value, bool *ret_comma);

/* A whole number in [min, max], which may be written as 200.0. */
bool vr_edf_text_integer(struct vr_slice field, int64_t min, int64_t max, int64_t *ret_value);

#endif
