/* The one shape of every algorithm under test: a const table, caller's memory, samples in, outputs
 * out.
 *
 * An algorithm knows nothing of the link.  It has no globals and no malloc, and after open its
 * state depends on its input alone: the same samples give the same outputs. */
#ifndef ALGO_ALGO_H
#define ALGO_ALGO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/msg.h"

struct algo_output {
    uint8_t kind; /* enum wire_output_kind */
    uint8_t stream;
    uint8_t value_count;   /* at most values_max of the algorithm */
    uint32_t sample_index; /* what it refers to, not when it was found */
    const int32_t *values; /* read before emit returns */
};

/* Where outputs go. */
struct algo_sink {
    void (*emit)(void *context, const struct algo_output *output);
    void *context;
    /* An inference begins, or ends: what a window of samples costs, as against the few microseconds
     * of each sample.  A power meter sees it on a GPIO.  Its outputs are emitted within.  NULL =
     * nobody wants to know; algo_inference asks. */
    void (*inference)(void *context, bool on);
};

static inline void algo_inference(const struct algo_sink *sink, bool on)
{
    if (sink->inference)
        sink->inference(sink->context, on);
}

struct algo {
    const char *name;     /* as scenarios call it */
    uint8_t id;           /* on the wire; never reused */
    uint8_t stream_count; /* most streams that it takes; open says whether fewer will do */
    uint8_t outputs_max;  /* most outputs of one call of step or finish */
    uint8_t values_max;   /* most values of one output */
    uint16_t version;     /* counts up when its outputs change */
    uint16_t state_size;  /* B, aligned for uint64_t */

    /* Reset all of state for these streams and parameters.  Returns NULL, or in words why it will
     * not run on them. */
    const char *(*open)(void *state, const struct wire_open *open);

    /* One sample of one stream: `channels` values, WIRE_SAMPLE_INVALID where there is none. */
    void (*step)(void *state, unsigned stream, const int16_t *sample, const struct algo_sink *sink);

    /* The record has ended, after at least one sample: emit what was still pending.  Called again
     * until it returns false. */
    bool (*finish)(void *state, const struct algo_sink *sink);
};

extern const struct algo algo_echo;
extern const struct algo algo_ecg_qrs;

/* All of them, for builds that need not choose. */
extern const struct algo *const algo_all[];
extern const size_t algo_all_count;

#endif
