/* Due times in 32.32 fixed point. */
#include "dut/pace.h"

#include "wire/sequence.h"

/* Bit by bit: only at OPEN, and a 64-bit division routine would be a tenth of the library. */
uint64_t dut_pace_ratio(uint64_t n, uint64_t d)
{
    uint64_t quotient = 0;
    uint64_t rest = 0;
    for (unsigned bit = 0; bit < 64 + 32; bit++) {
        if (quotient >> 63)
            return UINT64_MAX;
        rest = rest << 1 | n >> 63;
        n <<= 1;
        quotient <<= 1;
        if (rest >= d) {
            rest -= d;
            quotient |= 1;
        }
    }
    return rest && quotient < UINT64_MAX ? quotient + 1 : quotient;
}

bool dut_pace_open(struct dut_pace *pace, const struct wire_open *open, uint32_t ticks_hz)
{
    for (unsigned i = 0; i < open->stream_count; i++) {
        const struct wire_stream *const stream = &open->streams[i];
        pace->period[i] = dut_pace_ratio(
            (uint64_t)ticks_hz * 1000 * stream->rate_den,
            (uint64_t)stream->rate_num * open->speed_milli);
        if (pace->period[i] >> 63)
            return false;
    }
    return true;
}

void dut_pace_start(struct dut_pace *pace, uint32_t now_ticks)
{
    for (unsigned i = 0; i < WIRE_STREAMS_MAX; i++)
        pace->due[i] = (uint64_t)now_ticks << 32;
    pace->started = true;
}

bool dut_pace_is_due(struct dut_pace *pace, unsigned stream, bool is_there, uint32_t now_ticks)
{
    /* A late sample is due whatever the clock says: half its range after the due time it would look early. */
    if (!(pace->late && is_there) && dut_pace_wait(pace, stream, now_ticks))
        return false;
    if (!is_there) {
        pace->underruns += !pace->late;
        pace->late = true;
        return false;
    }
    if (pace->late) {
        const uint64_t shift = ((uint64_t)now_ticks << 32) - pace->due[stream];
        for (unsigned i = 0; i < WIRE_STREAMS_MAX; i++)
            pace->due[i] += shift;
        pace->late = false;
    }
    return true;
}

void dut_pace_advance(struct dut_pace *pace, unsigned stream)
{
    pace->due[stream] += pace->period[stream];
}

uint32_t dut_pace_wait(const struct dut_pace *pace, unsigned stream, uint32_t now_ticks)
{
    const int32_t wait = wire_index_compare((uint32_t)(pace->due[stream] >> 32), now_ticks);
    return wait > 0 ? (uint32_t)wait : 0;
}
