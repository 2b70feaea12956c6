/* Pacing: when a sample is due, by the device's own clock.
 *
 * Sample i of a stream is due at start + i * period.  Times are ticks with 32 binary places, so
 * that adding the period i times is off by less than i / 2^32 ticks; they wrap with the clock. */
#ifndef DUT_PACE_H
#define DUT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/msg.h"

struct dut_pace {
    bool started;
    bool late; /* the earliest sample was not there at its time */
    uint32_t underruns;
    uint64_t due[WIRE_STREAMS_MAX];
    uint64_t period[WIRE_STREAMS_MAX];
};

/* Set up, in zeroed memory.  Returns false when a period is half the range of the clock or more.
 * No rate or speed is 0. */
bool dut_pace_open(struct dut_pace *pace, const struct wire_open *open, uint32_t ticks_hz);

/* The first samples of all streams are due now. */
void dut_pace_start(struct dut_pace *pace, uint32_t now_ticks);

/* Whether the next sample of `stream`, the earliest of all, may be taken.  When it is due and not
 * there, one underrun is counted; when it comes, the time line is shifted: no burst makes up for
 * it. */
bool dut_pace_is_due(struct dut_pace *pace, unsigned stream, bool is_there, uint32_t now_ticks);

/* The sample was taken. */
void dut_pace_advance(struct dut_pace *pace, unsigned stream);

/* Ticks until the next sample of `stream` is due, 0 when it is. */
uint32_t dut_pace_wait(const struct dut_pace *pace, unsigned stream, uint32_t now_ticks);

/* n / d with 32 binary places, rounded up so that i periods never fall short of a whole tick.  n
 * and d are below 2^63; UINT64_MAX when the result does not fit. */
uint64_t dut_pace_ratio(uint64_t n, uint64_t d);

#endif
