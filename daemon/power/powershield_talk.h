/* Commands to a PowerShield and its answers: a line each, "PowerShield > ack volt 3000m", or "error volt" and "Error detail: ..".
 *
 * What is left over from an earlier session stands before an answer and is passed over; what stands behind it is kept, because the
 * answer to `start` shares its read with the first samples. */
#ifndef VR_POWER_POWERSHIELD_TALK_H
#define VR_POWER_POWERSHIELD_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/stream.h"

#define VR_POWERSHIELD_REPLY_MAX 4096

enum vr_powershield_answer {
    VR_POWERSHIELD_SILENCE,
    VR_POWERSHIELD_ACK,
    VR_POWERSHIELD_REFUSAL,
};

struct vr_powershield_talk {
    struct vr_stream_port stream;
    uint8_t reply[VR_POWERSHIELD_REPLY_MAX + 1];
    size_t size;
    size_t answer,
        rest; /* in reply: where the line of the answer begins, and where what is behind it does */
};

/* Where the answer to `command` is in the bytes that came; *ret_rest is behind its end of line.  Pure. */
enum vr_powershield_answer vr_powershield_find_answer(
    const uint8_t *reply, size_t size, const char *command, size_t *ret_answer, size_t *ret_rest);

/* Take and drop what comes until 100 ms of silence, 2 s at most; is_silent tells which. */
int vr_powershield_drain(struct vr_powershield_talk *talk, bool *ret_is_silent, struct vr_err *err);

/* Make it silent, whatever an earlier session left: a stream that still runs, lines half sent.  VR_ERR_LINK: it goes on. */
int vr_powershield_quieten(struct vr_powershield_talk *talk, struct vr_err *err);

/* Send a command, wait for its answer.  VR_ERR_LINK only when the line is broken. */
int vr_powershield_ask(
    struct vr_powershield_talk *talk, const char *command, int timeout_ms,
    enum vr_powershield_answer *ret_answer, struct vr_err *err);

/* The same, where everything but an acknowledgement is VR_ERR_LINK with the instrument's reason. */
int vr_powershield_demand(
    struct vr_powershield_talk *talk, const char *command, int timeout_ms, struct vr_err *err);

/* Of the last answer: its line, and the lines behind it, as text. */
const char *vr_powershield_answer_text(const struct vr_powershield_talk *talk);

#endif
