/* Marks: events with their text, for comparisons that need to know which rhythm it is, or what was measured. */
#ifndef VR_SCORE_MARK_H
#define VR_SCORE_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vr_mark {
    int64_t sample_index; /* ticks of the record; at most VR_EVENT_TICK_MAX on both sides of 0 */
    uint8_t code;         /* schema/annotations.def */
    int8_t subtype;
    const char *text; /* borrowed; NULL = none */
};

/* By time; marks at the same time keep their order.  VR_ERR_INPUT for one beyond any record, VR_ERR_NO_MEMORY. */
int vr_marks_sort(struct vr_mark *marks, size_t count, struct vr_err *err);

/* Time of the last, 0 = there is none. */
int64_t vr_marks_last(const struct vr_mark *marks, size_t count);

/* Is it a RHYTHM whose name begins so ("AFIB")?  The text may have the ( of WFDB before the name; one without text is a rhythm of no
 * name. */
bool vr_mark_is_rhythm(const struct vr_mark *mark, const char *name);

#endif
