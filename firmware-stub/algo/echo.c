/* The algorithm that does nothing: it says once a second what it has received, so that the whole
 * line can be proved without believing any result. */
#include "algo/algo.h"

#define FNV_START UINT32_C(0x811c9dc5)
#define FNV_PRIME UINT32_C(0x01000193)

struct echo {
    uint32_t period; /* samples of stream 0 between outputs */
    uint32_t due;    /* samples until the next one */
    uint32_t count;  /* samples of stream 0 so far */
    uint32_t hash; /* FNV-1a 32 over all sample bytes of all streams, in the order of consumption */
    uint8_t channels[WIRE_STREAMS_MAX];
    int16_t last; /* of channel 0 of stream 0 */
};

static const char *echo_open(void *state, const struct wire_open *open)
{
    struct echo *const echo = state;
    const struct wire_stream *const first = &open->streams[0];
    const uint32_t period = (first->rate_num + first->rate_den / 2) / first->rate_den;

    *echo = (struct echo){.period = period ? period : 1, .hash = FNV_START};
    echo->due = echo->period;
    for (unsigned i = 0; i < open->stream_count; i++)
        echo->channels[i] = open->streams[i].channels;
    return NULL;
}

static void emit(const struct echo *echo, const struct algo_sink *sink)
{
    const int32_t values[] = {echo->last, (int32_t)echo->count, (int32_t)echo->hash};
    const struct algo_output output = {
        .kind = WIRE_OUTPUT_ECHO,
        .value_count = 3,
        .sample_index = echo->count ? echo->count - 1 : 0,
        .values = values,
    };
    sink->emit(sink->context, &output);
}

static void echo_step(
    void *state, unsigned stream, const int16_t *sample, const struct algo_sink *sink)
{
    struct echo *const echo = state;
    uint32_t hash = echo->hash;

    for (unsigned i = 0; i < echo->channels[stream]; i++) {
        const uint16_t value = (uint16_t)sample[i];
        hash = (hash ^ (value & 0xff)) * FNV_PRIME;
        hash = (hash ^ value >> 8) * FNV_PRIME;
    }
    echo->hash = hash;
    if (stream != 0)
        return;
    echo->last = sample[0];
    echo->count++;
    if (--echo->due == 0) {
        echo->due = echo->period;
        emit(echo, sink);
    }
}

static bool echo_finish(void *state, const struct algo_sink *sink)
{
    emit(state, sink);
    return false;
}

const struct algo algo_echo = {
    .name = "echo",
    .id = 1,
    .stream_count = WIRE_STREAMS_MAX,
    .outputs_max = 1,
    .values_max = 3,
    .version = 1,
    .state_size = sizeof(struct echo),
    .open = echo_open,
    .step = echo_step,
    .finish = echo_finish,
};
