/* Memory of the native dialect, shared by its files: native.c (life and time), native_hello.c, native_receive.c,
 * native_transmit.c. */
#ifndef VR_REPLAY_NATIVE_STATE_H
#define VR_REPLAY_NATIVE_STATE_H

#include "replay/clock_watch.h"
#include "replay/native_marks.h"
#include "replay/session_state.h"
#include "replay/window.h"

/* After a reboot: how long a FAULT may take that tells a crash from a reset. */
#define VR_NATIVE_FAULT_GRACE_NS (200 * INT64_C(1000000))

struct vr_native_stream {
    size_t sample_size;   /* bytes of all channels */
    int64_t offered;      /* samples */
    int64_t limit_bytes;  /* credit, absolute */
    size_t chunk_samples; /* what one frame carries */
};

struct vr_native {
    struct vr_window window;
    struct wire_decoder decoder;
    uint8_t decoder_buffer[WIRE_DECODER_SIZE(WIRE_PAYLOAD_MAX)];
    struct vr_native_stream streams[WIRE_STREAMS_MAX];
    bool streams_finished; /* by the caller */
    bool fin_sent;         /* at least once, so all samples were too */
    bool link_was_down;    /* since the trial began */
    bool
        resuming; /* the line is back: nothing but HELLO goes out until the device has said that it is the same boot */
    int64_t text_bytes;          /* of those received before HELLO_R: printable, as a boot log is */
    struct wire_fault old_fault; /* told before this trial's first sample; code 0 = none */
    int64_t noise_since_ns;      /* first byte received before HELLO_R; VR_NEVER_NS = none */

    /* What must go out, besides the window. */
    bool flush_due; /* one zero byte first: ends whatever half frame the device holds */
    bool hello_due, ack_due, sync_due, close_due;
    uint8_t ack_flags;
    int64_t outputs_acked; /* as last told to the device */

    /* Times. */
    int64_t hello_since_ns; /* when the present handshake began */
    int64_t heard_ns;       /* last valid frame */
    int64_t damaged_ns;     /* last one of the device's that arrived broken; 0 = none */
    int64_t progress_ns;    /* last time that anything moved forward, or was sent again */
    int64_t retry_ns;       /* present wait before sending again */
    int64_t moved_damaged;  /* frames damaged until then, both ways */
    int64_t moved_ns;       /* last time that a frame, a sample or an output got through */
    int64_t rtt_ns;         /* smoothed time from a frame's sending to its acknowledgement */
    int64_t timed_next;     /* the frame before this one is being timed; 0 = none is */
    int64_t timed_ns;       /* when it was sent */
    size_t unpolled_bytes;  /* of samples since a frame last asked for an answer */
    int64_t hello_sent_ns;
    int64_t sync_sent_ns;
    struct vr_clock_watch clock;
    struct vr_native_marks marks;
    int64_t gap_sent_ns; /* VR_NEVER_NS = no gap known */
    int64_t rebooted_ns;
};

static inline struct vr_native *vr_native_of(struct vr_session *session)
{
    return (struct vr_native *)session->dialect_state;
}

static inline const struct vr_native *vr_native_get(const struct vr_session *session)
{
    return (const struct vr_native *)session->dialect_state;
}

/* Something moved forward: the wait before sending again starts anew. */
void vr_native_progress(struct vr_session *session, int64_t now_ns);

/* Go back to the first frame that is not acknowledged. */
void vr_native_go_back(struct vr_session *session, int64_t now_ns);

/* Outputs are missing from the next expected one on: ask for them, at most once per retry_ns. */
void vr_native_ask_outputs(struct vr_session *session, int64_t now_ns);

/* A text of the device as a C string, cut to fit. */
void vr_native_copy_text(char *to, size_t capacity, struct wire_text text);

/* Complete, once FIN_R, every output and the last mark are here (native_receive.c). */
void vr_native_try_complete(struct vr_session *session, int64_t now_ns);

/* A silent trial is being computed: the line stays as quiet as it can (native.c). */
bool vr_native_is_quiet(const struct vr_session *session);

/* HELLO_R (native_hello.c). */
void vr_native_take_hello(struct vr_session *session, int64_t now_ns);

/* Slots of the dialect's table: native_receive.c and native_transmit.c. */
void vr_native_receive(
    struct vr_session *session, int64_t now_ns, const uint8_t *data, size_t size);
size_t vr_native_transmit(
    struct vr_session *session, int64_t now_ns, uint8_t *buffer, size_t capacity);
size_t vr_native_room(const struct vr_session *session, size_t stream, int64_t left);
void vr_native_offer(
    struct vr_session *session, size_t stream, const int16_t *samples, size_t count, bool last);

/* Put OPEN into the window, once HELLO_R has named the algorithm (native_transmit.c). */
void vr_native_add_open(struct vr_session *session);

#endif
