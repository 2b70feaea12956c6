/* The digest of all outputs of a trial, made by both ends and compared at FIN_R: FNV-1a 64 over
 * every output in order.
 *
 * Ticks are left out, so that two runs of the same record agree. */
#ifndef WIRE_DIGEST_H
#define WIRE_DIGEST_H

#include <stdint.h>

#include "wire/msg.h"

#define WIRE_DIGEST_INIT UINT64_C(0xcbf29ce484222325)

/* Continue digest (WIRE_DIGEST_INIT before the first output) over number u32, kind u8, stream u8,
 * value_count u8, sample_index u32, at_index u32 and the values, little-endian.  stream is that of
 * the frame's header. */
uint64_t wire_output_digest(uint64_t digest, uint8_t stream, const struct wire_output *output);

#endif
