/* Events: what an annotator or a device says happened, and which of it is a beat. */
#ifndef VR_SCORE_EVENT_H
#define VR_SCORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What happened when, as an annotator or a device has it; in ticks of the record. */
struct vr_event {
    int64_t sample_index;
    uint8_t code; /* schema/annotations.def */
    int8_t subtype;
};

/* Latest time of an event, on both sides of 0: room to subtract without overflow. */
#define VR_EVENT_TICK_MAX (INT64_C(1) << 60)

/* By time; events at the same time keep their order. */
int vr_events_sort(struct vr_event *events, size_t count, struct vr_err *err);

/* The classes of ANSI/AAMI EC57, in the order of its matrix.  O is a beat of none of the five: a
 * flutter wave; in a pair it stands for no beat at all, X for none because of a shutdown. */
enum vr_beat_class {
    VR_BEAT_N,
    VR_BEAT_S,
    VR_BEAT_V,
    VR_BEAT_F,
    VR_BEAT_Q,
    VR_BEAT_O,
    VR_BEAT_X,
    VR_BEAT_CLASSES
};

/* The class of a code, O for a flutter wave; false when the code is no beat. */
bool vr_beat_class_of(uint8_t code, enum vr_beat_class *ret_class);

/* Is it the code of a beat of the five classes? */
bool vr_code_is_beat(uint8_t code);

#endif
