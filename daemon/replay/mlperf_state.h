/* Memory of the dialect mlperf, shared by its files: mlperf.c (life, time, what is said) and mlperf_receive.c (what is answered). */
#ifndef VR_REPLAY_MLPERF_STATE_H
#define VR_REPLAY_MLPERF_STATE_H

#include "replay/mlperf_text.h"
#include "replay/mlperf_window.h"
#include "replay/session_state.h"
#include "scenario/rig.h"

/* One command, one answer that ends with m-ready, then the next:
 *
 *     NAME - NONCE - PROFILE - TIMESTAMP - IDLE - LOAD - DATA .. DATA - READBACK - INFER - REPEAT
 *                                           ^                           (verify)          (verify)|
 *                                           +-----------------------------------------------------+
 *
 * NONCE is a word that no firmware knows: it is quoted in the error, and all that comes before was said to someone else. */
enum vr_mlperf_step {
    VR_MLPERF_STEP_NAME,
    VR_MLPERF_STEP_NONCE,
    VR_MLPERF_STEP_PROFILE,
    VR_MLPERF_STEP_TIMESTAMP,
    VR_MLPERF_STEP_IDLE, /* waits for samples */
    VR_MLPERF_STEP_LOAD,
    VR_MLPERF_STEP_DATA,
    VR_MLPERF_STEP_READBACK,
    VR_MLPERF_STEP_INFER,
    VR_MLPERF_STEP_REPEAT,
};

struct vr_mlperf {
    const struct vr_rig_mlperf *shape;
    enum vr_mlperf_step step;
    bool command_due; /* the step's command was not sent yet */
    int64_t sent_ns;  /* when it was, or when it became due */
    int64_t heard_ns; /* last line since then */
    size_t heard;     /* replies of this step: their count, or while shaking hands which ones */
    bool has_clock;   /* the firmware says m-lap-us */
    bool streams_finished;
    char model[64]; /* m-model */

    struct vr_mlperf_line line;
    struct vr_mlperf_window window;
    size_t byte_at;                       /* of the window: the next db command begins there */
    size_t chunk_size;                    /* bytes of the present one */
    size_t readback_at;                   /* bytes compared */
    int64_t windows;                      /* inferred */
    uint32_t laps[2];                     /* before and after the inference, us */
    char results[VR_MLPERF_LINE_MAX + 1]; /* as the device wrote them */
};

static inline struct vr_mlperf *vr_mlperf_of(struct vr_session *session)
{
    return (struct vr_mlperf *)session->dialect_state;
}

static inline const struct vr_mlperf *vr_mlperf_get(const struct vr_session *session)
{
    return (const struct vr_mlperf *)session->dialect_state;
}

/* The step's command as a C string, without its terminator; "" while idle. */
void vr_mlperf_command(const struct vr_session *session, char ret_command[VR_MLPERF_COMMAND_MAX]);

/* Begin a step: its command is due. */
void vr_mlperf_begin(struct vr_session *session, enum vr_mlperf_step step);

/* The dialect's slot (mlperf_receive.c). */
void vr_mlperf_receive(
    struct vr_session *session, int64_t now_ns, const uint8_t *data, size_t size);

#endif
