/* A sample of session.raw (power/ppk2_file.h). */
#ifndef VR_POWER_PPK2_FRAME_H
#define VR_POWER_PPK2_FRAME_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define VR_PPK2_FRAME_SIZE 6

/* `levels` in: NaN in `microamperes` = nothing is known of the sample. */
static inline void vr_ppk2_frame_put(uint8_t *frame, float microamperes, uint8_t levels)
{
    uint32_t word;
    uint16_t pairs = 0;
    memcpy(&word, &microamperes, sizeof word);
    for (unsigned i = 0; i < 4; i++)
        frame[i] = (uint8_t)(word >> (8 * i));
    for (unsigned line = 0; line < 8 && !isnan(microamperes); line++)
        pairs |= (uint16_t)((levels >> line & 1 ? 2u : 1u) << (2 * line));
    frame[4] = (uint8_t)(pairs >> 8);
    frame[5] = (uint8_t)pairs;
}

/* Returns uA, NaN = missing; `levels` are those before, and then those of the sample. */
static inline double vr_ppk2_frame_get(const uint8_t *frame, uint8_t *levels)
{
    float microamperes;
    uint32_t word = 0;
    for (unsigned i = 0; i < 4; i++)
        word |= (uint32_t)frame[i] << (8 * i);
    memcpy(&microamperes, &word, sizeof word);
    unsigned pairs = (unsigned)frame[4] << 8 | frame[5];
    for (unsigned line = 0; line < 8; line++) {
        unsigned pair = pairs >> (2 * line) & 3, bit = 1u << line;
        if (pair != 0)
            *levels = (uint8_t)(pair == 1 ? *levels & ~bit : *levels | bit);
    }
    return isfinite(microamperes) ? (double)microamperes : (double)NAN;
}

#endif
