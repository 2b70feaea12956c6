/* CRC-32C (Castagnoli), the check of every frame: reflected, polynomial 0x1edc6f41, "123456789"
 * gives 0xe3069283.
 *
 * Built with WIRE_CRC_TABLE_BITS=4 (default) it needs a table of 64 B, with 8 one of 1 kB and half
 * the time. */
#ifndef WIRE_CRC32C_H
#define WIRE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continue `crc` (0 at the start) over size bytes. */
uint32_t wire_crc32c(uint32_t crc, const uint8_t *data, size_t size);

#endif
