/* From a record's signals to the streams that go to the device.
 *
 * Channels of the scenario that stand together, with the same meaning and the same rate, travel as
 * one stream with interleaved channels (the three axes of an accelerometer).  Values are centred on
 * the physical zero, as a sensor's front end gives them. */
#ifndef VR_REPLAY_STREAMS_H
#define VR_REPLAY_STREAMS_H

#include "dataset/dataset.h"
#include "replay/sample_source.h"
#include "replay/schedule.h"
#include "scenario/scenario.h"
#include "wire/msg.h"

struct vr_stream {
    struct wire_stream wire;
    size_t signals[WIRE_CHANNELS_MAX]; /* of the record, one per channel */
    int64_t first;                     /* sample of the record where the window begins */
    int64_t sample_count;
};

struct vr_streams {
    struct vr_dataset *dataset; /* borrowed */
    size_t count;
    struct vr_stream items[WIRE_STREAMS_MAX];
    char signal_names[VR_NAME_SIZE]; /* comma separated */
    int32_t *scratch;                /* one frame of one channel */
};

/* Errors name the record and list its signals when a channel is not there. */
int vr_streams_init(
    struct vr_streams *streams, const struct vr_scenario *scenario, struct vr_dataset *dataset,
    struct vr_err *err);
void vr_streams_finish(struct vr_streams *streams);

void vr_streams_schedule(const struct vr_streams *streams, struct vr_schedule *ret_schedule);

/* The source reads through `streams`, which must outlive it.  Invalid samples become
 * WIRE_SAMPLE_INVALID; a value that does not fit into 16 bits is an error, never clipped in
 * silence. */
struct vr_sample_source vr_streams_source(struct vr_streams *streams);

/* Seconds of the window. */
double vr_streams_duration_s(const struct vr_streams *streams);

#endif
