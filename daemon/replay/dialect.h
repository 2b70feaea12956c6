/* Dialects: how a trial is spoken with a device.  `native` is the protocol of schema/wire.md; others drive firmware that exists.
 *
 * A session (replay/session.h) is common to all: its configuration, state, outcome, ledger, what is known of the device, and the
 * rules of the caller.  A dialect is the part between bytes and these: a pure state machine, without input or output and without
 * a clock.  One file per dialect, one word in the list of dialect.c. */
#ifndef VR_REPLAY_DIALECT_H
#define VR_REPLAY_DIALECT_H

#include "replay/session.h"
#include "scenario/rig.h"

#define VR_DIALECT_SHAPE_SIZE 160

struct vr_dialect {
    const char *name;    /* "dialect" in rig.json, [a-z0-9] */
    const char *summary; /* one line for `vitalrig devices` */
    size_t
        state_size; /* of its memory in the session, zeroed, aligned for any type: vr_session_dialect_state() */
    /* A trial can go on after the line was away: the device still knows where it was, and says whether it is the same boot. */
    bool resumes;

    /* Can a device of the rig be spoken to so, in this mode (enum wire_mode)?  VR_ERR_USAGE says why not.  NULL = always. */
    int (*check)(
        const struct vr_rig_dut *dut, uint8_t mode, size_t stream_count, struct vr_err *err);
    /* How many of a record's samples can be put to use: the plan cuts off the rest, and the trial's log tells.  NULL = all. */
    int64_t (*usable)(const struct vr_rig_dut *dut, int64_t sample_count);
    /* How the rig file has samples made into the firmware's input: determines the outputs, so it goes into the result key and the
     * trial's log.  NULL = they are sent as they are. */
    void (*describe)(const struct vr_rig_dut *dut, char text[VR_DIALECT_SHAPE_SIZE]);

    /* The session was created, nothing was said yet.  On error finish is not called. */
    int (*start)(struct vr_session *session, int64_t now_ns, struct vr_err *err);
    void (*finish)(struct vr_session *session); /* free what start took; NULL = nothing */

    /* As vr_session_room, _offer, _finish_streams, _receive, _transmit and _tick say.  Never called on an ended session, but
     * for transmit, which then sends the farewell, and finish. */
    size_t (*room)(const struct vr_session *session, size_t stream, int64_t left);
    void (*offer)(
        struct vr_session *session, size_t stream, const int16_t *samples, size_t count, bool last);
    void (*finish_streams)(struct vr_session *session);
    void (*receive)(struct vr_session *session, int64_t now_ns, const uint8_t *data, size_t size);
    size_t (*transmit)(
        struct vr_session *session, int64_t now_ns, uint8_t *buffer, size_t capacity);
    int64_t (*tick)(struct vr_session *session, int64_t now_ns);

    /* The line is away, and back (only where resumes; NULL elsewhere): half a frame on either side is lost. */
    void (*link_down)(struct vr_session *session, int64_t now_ns);
    void (*link_up)(struct vr_session *session, int64_t now_ns);
    /* The session has just ended, the outcome is set: note what still must go out.  NULL = nothing. */
    void (*ended)(struct vr_session *session);
};

const struct vr_dialect *vr_dialect(size_t index); /* NULL after the last */
/* VR_ERR_USAGE names the nearest one. */
const struct vr_dialect *vr_dialect_find(const char *name, struct vr_err *err);

#endif
