/* Samples between the line and the algorithm: one ring for each stream, cut from one buffer. */
#ifndef DUT_SAMPLES_H
#define DUT_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/msg.h"

#define DUT_STREAM_RING_MIN 64 /* B */

struct dut_stream {
    uint8_t *data;
    uint32_t size;     /* B of data, a multiple of sample_size: no sample is split */
    uint32_t received; /* samples; index of the next one expected */
    uint32_t consumed; /* samples; index of the next one to hand over */
    uint32_t write_at; /* offsets in data, B */
    uint32_t read_at;
    uint32_t told; /* `consumed` in the last CREDIT */
    uint32_t rate_num;
    uint16_t rate_den;
    uint8_t channels;
    uint8_t sample_size; /* B, all channels */
    bool last;           /* no more will be received */
};

/* Set up zeroed streams: cut the buffer in proportion to their byte rates.  Returns false when a
 * ring would be smaller than DUT_STREAM_RING_MIN.  size is at most 1 MiB. */
bool dut_samples_open(
    struct dut_stream streams[WIRE_STREAMS_MAX], const struct wire_open *open, uint8_t *buffer,
    size_t size);

static inline bool dut_stream_has_sample(const struct dut_stream *stream)
{
    return stream->received != stream->consumed;
}

/* Append whole samples; false when they do not fit. */
bool dut_stream_put(struct dut_stream *stream, const uint8_t *data, size_t size);

/* Take the oldest sample; there must be one. */
void dut_stream_take(struct dut_stream *stream, int16_t ret_sample[WIRE_CHANNELS_MAX]);

/* Whether the next sample of a has an earlier time than that of b. */
bool dut_stream_is_earlier(const struct dut_stream *a, const struct dut_stream *b);

#endif
