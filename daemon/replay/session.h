/* The session: one trial's conversation with a device, as a pure state machine.
 *
 * Bytes, samples and the time go in; bytes, rows and the next deadline come out.  No input or
 * output, no clock call, no sleep: the real line (replay/line.h) and the simulator (tests/sim)
 * drive the same code.
 *
 *     HELLO -- HELLO_R --> OPENING -- CREDIT --> STREAMING -- all offered --> CLOSING
 *       |                     |                      |                           |
 *       |                     |                      |          FIN_R and all outputs: complete
 *       |                     |                      |                           |
 *       |                     +-- another boot nonce: REBOOTED -- FAULT, 200 ms --+
 *       |                     |                      |                           |
 *       +-- no answer --------+-- refused -----------+-- silence, deadline, -----+--> ENDED
 *                                                        broken contract, link lost
 *
 * What is said is the dialect's (replay/dialect.h); its states are those above. */
#ifndef VR_REPLAY_SESSION_H
#define VR_REPLAY_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/outcome.h"
#include "wire/frame.h"
#include "wire/msg.h"

enum vr_session_state {
    VR_SESSION_HELLO,
    VR_SESSION_OPENING,
    VR_SESSION_STREAMING,
    VR_SESSION_CLOSING,
    VR_SESSION_REBOOTED,
    VR_SESSION_ENDED,
};

/* What the device is, from HELLO_R. */
struct vr_device_info {
    char name[64], version[64], git[64], build[64], cpu[64];
    char device_id[65];     /* hex */
    char firmware_hash[65]; /* hex, "" = not told */
    uint8_t clock_source;   /* enum wire_clock, 0 = none */
    uint32_t clock_hz;
    uint32_t boot_nonce;
    uint16_t payload_max, output_window;
    uint32_t ring_size;
};

/* Rows, as they come.  Called from vr_session_receive; pointers live until the call returns. */
struct vr_session_sink {
    void *context;
    /* Outputs in order, each exactly once. */
    void (*output)(void *context, int64_t now_ns, uint8_t stream, const struct wire_output *output);
    /* What the device said (LOG), and what the session noticed (source "session"). */
    void (*log)(void *context, int64_t now_ns, int level, const char *source, const char *text);
    void (*sync)(
        void *context, int64_t sent_ns, int64_t received_ns, const struct wire_sync_reply *reply);
    void (*stat)(void *context, int64_t now_ns, const struct wire_stat *stat);
    /* The device switched the sync line; NULL = nobody wants to know. */
    void (*mark)(
        void *context, int64_t sent_ns, int64_t received_ns, const struct wire_mark_reply *reply);
};

struct vr_dialect;
struct vr_rig_dut;

struct vr_session_config {
    const struct vr_dialect *dialect; /* NULL = native */
    const struct vr_rig_dut
        *dut;              /* for the dialect's own part of the rig file; NULL where it has none */
    uint8_t session_id;    /* 1..255, another one than the trial before */
    uint32_t host_nonce;   /* new for every trial */
    const char *algorithm; /* its name in the firmware */
    struct wire_open
        open; /* mode, speed, streams, parameters; the algorithm's id is filled in from HELLO_R */
    size_t payload_max;        /* bytes of a frame's payload that the host would like, 64..4096 */
    uint32_t boot_nonce;       /* expected, when an earlier trial of the run has seen it; 0 = any */
    const char *device_id;     /* hex, expected; NULL = any.  Another unit ends as dut_absent */
    const char *firmware_hash; /* hex, expected; NULL = any.  Stale firmware ends as refused */
    int64_t sample_counts
        [WIRE_STREAMS_MAX]; /* of the whole trial; 0 = not known.  A silent trial must fit into the device's ring */
    uint32_t baud; /* of the line, 8N1; 0 = not known: waits then follow the round trip alone */
    struct vr_session_sink sink;
    bool
        has_marks; /* pulse the device's line mark_line, for a power meter that sees it (native dialect) */
    uint8_t mark_line;
    /* Limits, in ns; 0 = the default in brackets. */
    int64_t hello_timeout_ns; /* no answer at all [3 s] */
    int64_t
        reply_timeout_ns; /* first wait before sending again [250 ms]; doubles up to 8 times that */
    int64_t silence_ns;   /* no valid frame although asked [5 s] */
    int64_t sync_period_ns; /* between SYNC exchanges, which also keep an idle line alive [1 s] */
    int64_t stall_ns;       /* nothing moves forward although the device answers [60 s] */
    int64_t replug_ns;      /* the line may be away for so long (0 = its loss ends the trial) */
    int64_t deadline_ns;    /* the trial must have ended by then (absolute); 0 = none */
};

/* Everything counted, for the trial's row (store.h). */
struct vr_session_ledger {
    int64_t samples_sent[WIRE_STREAMS_MAX];     /* handed to the line at least once */
    int64_t samples_consumed[WIRE_STREAMS_MAX]; /* as the device last said */
    int64_t outputs_received;                   /* in order */
    int64_t outputs_emitted;                    /* as FIN_R said; -1 = it never came */
    int64_t outputs_dropped;                    /* as the device last said */
    uint64_t digest, device_digest;             /* of all outputs, ours and FIN_R's */
    int64_t bytes_sent, bytes_received;
    int64_t payload_bytes, sample_bytes; /* of SAMPLES frames, first transmissions only */
    int64_t frames_sent, frames_resent;
    int64_t crc_errors, frame_errors; /* of frames from the device */
    int64_t device_crc_errors, device_frame_errors, underruns;
    int64_t link_losses;  /* times that the line went away */
    int64_t link_lost_ns; /* the last time, 0 = it never did */
};

struct vr_session;

/* Nothing is allocated after this.  The config is copied; strings in it must outlive the session.
 */
int vr_session_create(
    const struct vr_session_config *config, int64_t now_ns, struct vr_session **ret_session,
    struct vr_err *err);
void vr_session_destroy(struct vr_session *session);

/* How many samples of the stream should be offered now: a whole frame's worth, or the `left` last
 * ones; 0 = none. */
size_t vr_session_room(const struct vr_session *session, size_t stream, int64_t left);

/* `last` = the stream ends with them.
 * Take samples (all channels interleaved, count as room said or fewer); they follow those offered
 * before. */
void vr_session_offer(
    struct vr_session *session, size_t stream, const int16_t *samples, size_t count, bool last);

/* No more samples: FIN goes out behind them. */
void vr_session_finish_streams(struct vr_session *session);

/* Bytes from the line, in any pieces. */
void vr_session_receive(
    struct vr_session *session, int64_t now_ns, const uint8_t *data, size_t size);

/* Bytes for the line: whole frames, as many as fit.  capacity >= VR_SESSION_TRANSMIT_MIN.  Returns
 * 0 when there is nothing to send. */
#define VR_SESSION_TRANSMIT_MIN (WIRE_ENCODED_MAX(WIRE_PAYLOAD_MAX) + 1)
size_t vr_session_transmit(
    struct vr_session *session, int64_t now_ns, uint8_t *buffer, size_t capacity);

/* Let time act, before transmit whenever it has moved on; returns when to call again at the latest. */
int64_t vr_session_tick(struct vr_session *session, int64_t now_ns);

/* The line is gone.  Where the dialect resumes and replug_ns allows it, the session waits: nothing is sent, and tick ends it as
 * link_lost when it takes too long.  Else it ends at once.  Either way the loss and its time go to the log.  While it is away, the
 * same call says what keeps it from being opened again. */
void vr_session_link_down(struct vr_session *session, int64_t now_ns, const char *why);

/* The line is back: the handshake again.  The same boot goes on behind the last acknowledged frame, another one ends the trial. */
void vr_session_link_up(struct vr_session *session, int64_t now_ns);

bool vr_session_link_is_down(const struct vr_session *session);

/* End from outside: the user stopped, a record could not be read.  Later calls change nothing. */
void vr_session_end(struct vr_session *session, enum vr_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum vr_session_state vr_session_state(const struct vr_session *session);
/* Of an ended session. */
enum vr_outcome vr_session_outcome(const struct vr_session *session);
/* Why, in one sentence; "" when complete. */
const char *vr_session_why(const struct vr_session *session);

const struct vr_session_ledger *vr_session_ledger(const struct vr_session *session);
/* Valid from OPENING on; zeroed before. */
const struct vr_device_info *vr_session_device(const struct vr_session *session);

#endif
