/* Time-stamped annotation lists (TALs), which EDF+ and BDF+ keep in signals of their own, as text in the bytes of samples:
 *
 *     ONSET [0x15 DURATION] 0x14 TEXT 0x14 [TEXT 0x14 ...] 0x00
 *
 * ONSET and DURATION are decimal seconds; ONSET has a sign and counts from the start time of the header.  The rest of a
 * signal's part of a record is filled with 0x00.  The first TAL of a record begins with an empty text: its onset is the
 * time of the record.  Source: reference/signal-formats.md, section 2. */
#ifndef VR_DATASET_EDF_TAL_H
#define VR_DATASET_EDF_TAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataset/slice.h"

#define VR_EDF_NS_PER_S INT64_C(1000000000)
#define VR_EDF_TIME_MAX_NS (INT64_C(1) << 62) /* 146 years, on both sides of 0 */
#define VR_EDF_NO_DURATION (-1)

struct vr_edf_tal {
    int64_t onset_ns;
    int64_t duration_ns;   /* VR_EDF_NO_DURATION when there is none */
    struct vr_slice texts; /* take them by vr_edf_tal_text */
};

/* The next TAL of a signal's part of a record; *bytes goes on behind it.  1, 0 at the end, or -1 for one that is broken:
 * ret_fault says why in words, *bytes goes on behind it. */
int vr_edf_tal_next(struct vr_slice *bytes, struct vr_edf_tal *ret_tal, const char **ret_fault);

/* The next text, which may be empty; false when there is none any more. */
bool vr_edf_tal_text(struct vr_edf_tal *tal, struct vr_slice *ret_text);

/* The time of a record, if the TAL is one that tells it: its first text is empty, or it has none at all.  Takes the
 * empty text. */
bool vr_edf_tal_time(struct vr_edf_tal *tal, int64_t *ret_ns);

#endif
