/* From a record's signals to the streams that go to the device.
 *
 * Each channel of the scenario has its way: as recorded, at the device's rate, the window, the signal faults (replay/stage.h), and then the
 * device's integers (replay/convert.h).  Channels of the scenario that stand together, with the same meaning and the same rate, travel as
 * one stream with interleaved channels (the three axes of an accelerometer).  Values are centred on the physical zero, as a sensor's
 * front end gives them. */
#ifndef VR_REPLAY_STREAMS_H
#define VR_REPLAY_STREAMS_H

#include "dataset/dataset.h"
#include "replay/convert.h"
#include "replay/sample_source.h"
#include "replay/schedule.h"
#include "replay/signal_faults.h"
#include "replay/stage.h"
#include "scenario/scenario.h"
#include "wire/msg.h"

/* Seconds of the record. */
struct vr_window {
    double start_s;
    double length_s; /* 0 = to the end */
    double warmup_s; /* the replay begins so much earlier, or at the record's start */
};

struct vr_channel {
    size_t place, signal;         /* in the scenario; of the record */
    struct vr_stage *chain;       /* owned */
    const struct vr_stage *clean; /* of the chain: the window, before any fault */
    struct vr_convert convert;
    /* Of vr_streams_scan: values that were cut to the rail. */
    int64_t clip_count, clip_first, clip_last;
};

struct vr_stream {
    struct wire_stream wire;
    struct vr_channel channels[WIRE_CHANNELS_MAX];
    int64_t first;        /* sample at which the replay begins, from the record's start */
    int64_t sample_count; /* that the device gets */
    int64_t warmup_count; /* of them that are before the window */
};

/* Borrowed but for dataset's record, which must stay as it is. */
struct vr_streams_setup {
    const struct vr_scenario *scenario;
    struct vr_dataset *dataset;
    struct vr_window window;
    double swept; /* value of the scenario's sweep */
    uint64_t seed;
    int repeat;
};

struct vr_streams {
    struct vr_streams_setup setup;
    size_t count;
    struct vr_stream items[WIRE_STREAMS_MAX];
    char signal_names[VR_NAME_SIZE];  /* comma separated */
    struct vr_applied_fault *applied; /* owned; in the order of their numbers */
    size_t applied_count;
    bool is_plain;   /* nothing is done to the samples but centring */
    double *scratch; /* one frame of one channel */
};

/* The scenario's own. */
struct vr_window vr_streams_window(const struct vr_scenario *scenario);

/* Errors name the record and list its signals when a channel is not there. */
int vr_streams_init(
    struct vr_streams *streams, const struct vr_streams_setup *setup, struct vr_err *err);
void vr_streams_finish(struct vr_streams *streams);

/* Look at every sample once, unless nothing is done to them: one that does not fit is VR_ERR_INPUT before a device is touched, or is counted
 * where the channel saturates, and then there is a row "clip" of the channel. */
int vr_streams_scan(struct vr_streams *streams, struct vr_err *err);

void vr_streams_schedule(const struct vr_streams *streams, struct vr_schedule *ret_schedule);

/* The source reads through `streams`, which must outlive it.  Invalid samples become
 * WIRE_SAMPLE_INVALID; a value that does not fit into 16 bits is an error, never clipped in
 * silence. */
struct vr_sample_source vr_streams_source(struct vr_streams *streams);

/* Where sample `index` of the window, as recorded, lies among what the device gets of the stream. */
int64_t vr_streams_place(const struct vr_stream *stream, int64_t index);

/* Seconds of what the device gets. */
double vr_streams_duration_s(const struct vr_streams *streams);

#endif
