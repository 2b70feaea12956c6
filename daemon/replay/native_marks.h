/* Marks: the host asks the device to switch its sync line, and the device says when it did by its own clock.
 *
 * A power meter sees the same edges at its own samples, so that the two clocks meet (replay/timemap.h).  Pulses go out one after the
 * other: a train when the trial has begun, one a second while it is paced, and a train before it ends.  Nobody waits long for a mark: one
 * that is lost on the way leaves an edge or a time stamp without its partner, which the map can do without, and a device that knows no marks
 * costs a trial 2 s. */
#ifndef VR_REPLAY_NATIVE_MARKS_H
#define VR_REPLAY_NATIVE_MARKS_H

#include "replay/session.h"

/* Pulses of a train: where an edge is known to 200 us (a meter of 5 kHz), two trains of 64 tell where the clock is to some 5 us. */
#define VR_NATIVE_MARK_TRAIN 64

struct vr_native_marks {
    unsigned left; /* edges of the present train that are not answered; even = the next one rises */
    unsigned unanswered;   /* in a row */
    int64_t next_ns;       /* none is asked for before then */
    bool is_asked, is_due; /* a mark is under way; one must go out */
    bool has_begun, is_ending, has_ended;
    uint16_t id; /* of the last one asked for */
    int64_t sent_ns, train_ns;
};

/* Let time act: begin trains, give up an answer.  Returns when to call again at the latest. */
int64_t vr_native_marks_tick(struct vr_session *session, int64_t now_ns);

/* Every output is here: are the last pulses made too?  The first call begins them. */
bool vr_native_marks_ended(struct vr_session *session, int64_t now_ns);

/* The MARK that is due, as a payload of `capacity` bytes; 0 = none is. */
size_t vr_native_marks_pack(
    struct vr_session *session, int64_t now_ns, uint8_t *payload, size_t capacity);

/* MARK from the device. */
void vr_native_marks_take(
    struct vr_session *session, int64_t now_ns, const uint8_t *payload, size_t size);

#endif
