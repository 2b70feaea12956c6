/* Byte rings; samples stay as they came over the line until they are handed over. */
#include "dut/samples.h"

#include <string.h>

#include "wire/bytes.h"

/* The byte rate, scaled down. */
static uint32_t weight(const struct wire_stream *stream, unsigned shift)
{
    return (2u * stream->channels * stream->rate_num / stream->rate_den + 1) >> shift;
}

bool dut_samples_open(
    struct dut_stream streams[WIRE_STREAMS_MAX], const struct wire_open *open, uint8_t *buffer,
    size_t size)
{
    const uint32_t reserved = DUT_STREAM_RING_MIN * (uint32_t)open->stream_count;
    unsigned shift = 0;
    uint32_t sum;

    if (size < reserved)
        return false;
    /* A weight below 2^12 times 1 MiB fits in 32 bits. */
    for (;; shift++) {
        sum = 0;
        for (unsigned i = 0; i < open->stream_count; i++)
            sum += weight(&open->streams[i], shift);
        if (sum < 1u << 12)
            break;
    }
    for (unsigned i = 0; i < open->stream_count; i++) {
        const struct wire_stream *const wire = &open->streams[i];
        struct dut_stream *const stream = &streams[i];
        uint32_t share =
            DUT_STREAM_RING_MIN + ((uint32_t)size - reserved) * weight(wire, shift) / sum;
        stream->channels = wire->channels;
        stream->sample_size = (uint8_t)(2 * wire->channels);
        stream->rate_num = wire->rate_num;
        stream->rate_den = (uint16_t)wire->rate_den;
        share -= share % stream->sample_size;
        stream->size = share;
        stream->data = buffer;
        buffer += share;
    }
    return true;
}

bool dut_stream_put(struct dut_stream *stream, const uint8_t *data, size_t size)
{
    if (size > stream->size - (stream->received - stream->consumed) * stream->sample_size)
        return false;
    const size_t to_end = stream->size - stream->write_at;
    const size_t first = size < to_end ? size : to_end;
    memcpy(stream->data + stream->write_at, data, first);
    memcpy(stream->data, data + first, size - first);
    stream->write_at += (uint32_t)size;
    if (stream->write_at >= stream->size)
        stream->write_at -= stream->size;
    stream->received += (uint32_t)size / stream->sample_size;
    return true;
}

void dut_stream_take(struct dut_stream *stream, int16_t ret_sample[WIRE_CHANNELS_MAX])
{
    const uint8_t *const data = stream->data + stream->read_at;
    for (unsigned i = 0; i < stream->channels; i++)
        ret_sample[i] = wire_get_s16(data + 2 * i);
    stream->read_at += stream->sample_size;
    if (stream->read_at == stream->size)
        stream->read_at = 0;
    stream->consumed++;
}

/* index * den / num compared crosswise, exact in 64 bits. */
bool dut_stream_is_earlier(const struct dut_stream *a, const struct dut_stream *b)
{
    return (uint64_t)a->consumed * a->rate_den * b->rate_num <
           (uint64_t)b->consumed * b->rate_den * a->rate_num;
}
