/* Byte rings; samples stay as they came over the line until they are handed over. */
#include "dut/samples.h"

#include <string.h>

#include "wire/bytes.h"

/* Byte rates of the streams, scaled so that one times 1 MiB fits in 32 bits; returns their sum. */
static uint32_t weigh(const struct wire_open *open, uint32_t weights[WIRE_STREAMS_MAX])
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < open->stream_count; i++) {
        const struct wire_stream *const stream = &open->streams[i];
        weights[i] = 2u * stream->channels * stream->rate_num / stream->rate_den + 1;
        sum += weights[i];
    }
    while (sum >= 1u << 12) {
        sum = 0;
        for (unsigned i = 0; i < open->stream_count; i++) {
            weights[i] >>= 1;
            sum += weights[i];
        }
    }
    return sum;
}

bool dut_samples_open(
    struct dut_stream streams[WIRE_STREAMS_MAX], const struct wire_open *open, uint8_t *buffer,
    size_t size)
{
    const uint32_t reserved = DUT_STREAM_RING_MIN * (uint32_t)open->stream_count;
    uint32_t weights[WIRE_STREAMS_MAX];
    const uint32_t sum = weigh(open, weights);

    if (size < reserved)
        return false;
    for (unsigned i = 0; i < open->stream_count; i++) {
        const struct wire_stream *const stream = &open->streams[i];
        const uint8_t sample_size = (uint8_t)(2 * stream->channels);
        uint32_t share = DUT_STREAM_RING_MIN + ((uint32_t)size - reserved) * weights[i] / sum;
        share -= share % sample_size;
        streams[i] = (struct dut_stream){
            .data = buffer,
            .size = share,
            .rate_num = stream->rate_num,
            .rate_den = (uint16_t)stream->rate_den,
            .channels = stream->channels,
            .sample_size = sample_size,
        };
        buffer += share;
    }
    return true;
}

uint32_t dut_stream_held(const struct dut_stream *stream)
{
    return (stream->received - stream->consumed) * stream->sample_size;
}

bool dut_stream_put(struct dut_stream *stream, const uint8_t *data, size_t size)
{
    if (size > stream->size - dut_stream_held(stream))
        return false;
    const size_t to_end = stream->size - stream->write_at;
    const size_t first = size < to_end ? size : to_end;
    memcpy(stream->data + stream->write_at, data, first);
    memcpy(stream->data, data + first, size - first);
    stream->write_at = size < to_end ? stream->write_at + (uint32_t)size : (uint32_t)(size - first);
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

/* a's next sample is earlier: index * den / num compared crosswise, exact in 64 bits. */
static bool is_earlier(const struct dut_stream *a, const struct dut_stream *b)
{
    return (uint64_t)a->consumed * a->rate_den * b->rate_num <
           (uint64_t)b->consumed * b->rate_den * a->rate_num;
}

unsigned dut_samples_earliest(const struct dut_stream *streams, unsigned count, unsigned ended)
{
    unsigned earliest = count;
    for (unsigned i = 0; i < count; i++) {
        if (ended >> i & 1)
            continue;
        if (earliest == count || is_earlier(&streams[i], &streams[earliest]))
            earliest = i;
    }
    return earliest;
}
