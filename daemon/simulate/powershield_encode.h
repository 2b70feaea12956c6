/* How a simulated PowerShield writes what it measured. */
#ifndef VR_SIMULATE_POWERSHIELD_ENCODE_H
#define VR_SIMULATE_POWERSHIELD_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#define VR_SIM_SHIELD_PIECE 96 /* bytes; no encoder writes more */

/* All return how many bytes they wrote.  `noise` is added in units of the last digit. */

/* "6409-07\r\n": four digits, from 1000 on where the power of ten can be that small. */
size_t vr_sim_shield_text_sample(double value, double noise, char *out);
size_t vr_sim_shield_text_stamp(int64_t ms, unsigned buffer_percent, char *out);

/* A word: the 12 bits as full as they can be. */
size_t vr_sim_shield_binary_sample(double value, double noise, char *out);
size_t vr_sim_shield_binary_stamp(int64_t ms, unsigned buffer_percent, char *out);
/* F0, type, `size` bytes, FF FF. */
size_t vr_sim_shield_binary_message(uint8_t type, const void *payload, size_t size, char *out);

#endif
