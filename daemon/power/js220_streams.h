/* The JS220's streams of current, voltage and four inputs, joined on one axis of samples.
 *
 * Each frame of a stream begins with the id of its first sample, a u32 at 2 MHz that wraps after 2147 s.  Current and voltage have one
 * sample in two ids (1 Msample/s), the inputs one bit in each.  A frame holds 126 samples of current, but 4032 bits: the streams come
 * up to 2 ms apart, and are put into a window until all of them are there.
 *
 *     window   [complete][complete][lost: no voltage][complete][inputs not yet there] ...
 *               └── handed out once every stream has got beyond ──┘
 *
 * A sample is complete or lost: if a frame of one stream is lost, so are its samples, though others know a part of them; without the
 * inputs an edge could be missed in silence, without the voltage there is no energy.  One that the instrument could not measure (NaN) is
 * lost, too.  Index 0 is the first complete sample. */
#ifndef VR_POWER_JS220_STREAMS_H
#define VR_POWER_JS220_STREAMS_H

#include "power/js220_frames.h"

#define VR_JS220_RATE_HZ 1000000
#define VR_JS220_WINDOW 32768 /* samples; 33 ms, of which the inputs' longer frames need 2 */
#define VR_JS220_STREAMS 6

struct vr_js220_streams {
    const struct vr_power_sink *sink;
    uint8_t packet[512]; /* that has come in part */
    size_t packet_size;

    /* Ids of frames, which count every frame of every port: a cross-check. */
    bool has_frame_id;
    uint16_t next_frame_id;
    uint64_t frames_lost, frames_repeated, frames_bad;

    /* Ids of samples, unwrapped; "place" = id / 2. */
    bool has_id;
    uint32_t last_id;
    int64_t last_unwrapped; /* the same, unwrapped, counted from the first one */
    bool has_jumped;

    /* Samples from the place `base` on. */
    int64_t base;
    int64_t reached[VR_JS220_STREAMS]; /* place behind the last sample that came */
    size_t filled;                     /* any stream has got so far */
    float current[VR_JS220_WINDOW], volts[VR_JS220_WINDOW];
    uint8_t lines[VR_JS220_WINDOW];
    uint8_t have
        [VR_JS220_WINDOW]; /* streams that are there, bit by bit; and whether one says that it could not measure */

    /* Handed out. */
    bool has_begun;
    int64_t begun_place;     /* of index 0 */
    int64_t index;           /* of the next sample */
    struct vr_power_gap gap; /* in front of it, not yet told; count 0 = none */
    int64_t lost;            /* all that were told */
    uint8_t last_lines;
};

void vr_js220_streams_start(struct vr_js220_streams *streams, const struct vr_power_sink *sink);
/* Bytes in any pieces. */
void vr_js220_streams_decode(
    struct vr_js220_streams *streams, int64_t arrival_ns, const uint8_t *data, size_t size);
void vr_js220_streams_end(struct vr_js220_streams *streams);

#endif
