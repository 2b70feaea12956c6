/* Build-id: which image a firmware is, from the ELF file that it was flashed from.
 *
 * The linker puts a digest of everything it linked into a note of the file (flag -Wl,--build-id; section .note.gnu.build-id, which a
 * linker script must KEEP).  The firmware tells the same bytes as FIRMWARE_HASH (schema/wire.md), so that stale firmware is seen
 * before it is tested.  Format: ELF-32 and ELF-64, little-endian; Tool Interface Standard, "Executable and Linking Format" 1.2, and
 * the GNU note of type 3. */
#ifndef VR_REPLAY_BUILD_ID_H
#define VR_REPLAY_BUILD_ID_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VR_BUILD_ID_SIZE_MAX 32 /* bytes; SHA-1 has 20 */
#define VR_BUILD_ID_HEX_SIZE (2 * VR_BUILD_ID_SIZE_MAX + 1)

/* The build-id in a file's bytes, as lower-case hex.  `name` stands for the file in messages.  VR_ERR_INPUT: no such ELF file, damaged,
 * or without a build-id, and then the message says what to give the linker. */
int vr_build_id_parse(
    const uint8_t *data, size_t size, const char *name, char ret_hex[VR_BUILD_ID_HEX_SIZE],
    struct vr_err *err);

/* The same of the file at `path`; VR_ERR_NOT_FOUND, VR_ERR_IO too. */
int vr_build_id_load(const char *path, char ret_hex[VR_BUILD_ID_HEX_SIZE], struct vr_err *err);

#endif
