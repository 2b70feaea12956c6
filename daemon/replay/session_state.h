/* The session's memory, shared by its files: session.c (life and time), session_hello.c, session_receive.c,
 * session_transmit.c. */
#ifndef VR_REPLAY_SESSION_STATE_H
#define VR_REPLAY_SESSION_STATE_H

#include "replay/session.h"
#include "replay/window.h"

/* After a reboot: how long a FAULT may take that tells a crash from a reset. */
#define VR_SESSION_FAULT_GRACE_NS (200 * INT64_C(1000000))

struct vr_session_stream {
    size_t sample_size;   /* bytes of all channels */
    int64_t offered;      /* samples */
    int64_t limit_bytes;  /* credit, absolute */
    size_t chunk_samples; /* what one frame carries */
};

struct vr_session {
    struct vr_session_config config;
    enum vr_session_state state;
    enum vr_outcome outcome;
    char why[256];

    struct vr_device_info device;
    struct vr_window window;
    struct wire_decoder decoder;
    uint8_t decoder_buffer[WIRE_DECODER_SIZE(WIRE_PAYLOAD_MAX)];
    struct vr_session_stream streams[WIRE_STREAMS_MAX];
    struct vr_session_ledger ledger;
    bool streams_finished; /* by the caller */
    bool fin_sent;         /* at least once, so all samples were too */

    /* What must go out, besides the window. */
    bool flush_due; /* one zero byte first: ends whatever half frame the device holds */
    bool hello_due, ack_due, sync_due, close_due;
    uint8_t ack_flags;
    int64_t outputs_acked; /* as last told to the device */

    /* Times. */
    int64_t started_ns;
    int64_t heard_ns;      /* last valid frame */
    int64_t progress_ns;   /* last time that anything moved forward, or was sent again */
    int64_t retry_ns;      /* present wait before sending again */
    int64_t moved_ns;      /* last time that a frame, a sample or an output got through */
    int64_t rtt_ns;        /* smoothed time from a frame's sending to its acknowledgement */
    int64_t timed_next;    /* the frame before this one is being timed; 0 = none is */
    int64_t timed_ns;      /* when it was sent */
    size_t unpolled_bytes; /* of samples since a frame last asked for an answer */
    int64_t hello_sent_ns;
    int64_t sync_sent_ns;
    int64_t gap_sent_ns; /* VR_NEVER_NS = no gap known */
    int64_t rebooted_ns;
};

/* The one place where states change. */
void vr_session_move(struct vr_session *session, enum vr_session_state state);

/* Something moved forward: the wait before sending again starts anew. */
void vr_session_progress(struct vr_session *session, int64_t now_ns);

/* Go back to the first frame that is not acknowledged. */
void vr_session_go_back(struct vr_session *session, int64_t now_ns);

/* Outputs are missing from the next expected one on: ask for them, at most once per retry_ns. */
void vr_session_ask_outputs(struct vr_session *session, int64_t now_ns);

/* The device did what its contract forbids: the trial ends as the firmware's failure. */
void vr_session_broken(struct vr_session *session, const char *what);

/* A text of the device as a C string, cut to fit. */
void vr_session_copy_text(char *to, size_t capacity, struct wire_text text);

/* HELLO_R (session_hello.c). */
void vr_session_take_hello(struct vr_session *session, int64_t now_ns);

/* One decoded frame of this trial (session_receive.c). */
void vr_session_take_frame(struct vr_session *session, int64_t now_ns);

/* Put OPEN into the window, once HELLO_R has named the algorithm (session_transmit.c). */
void vr_session_add_open(struct vr_session *session);

#endif
