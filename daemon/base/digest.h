/* SHA-256: what names a scenario, a record, a firmware image or a run file for good. */
#ifndef VR_BASE_DIGEST_H
#define VR_BASE_DIGEST_H

#include "base/err.h"

#include <sha2.h>
#include <stddef.h>

#define VR_DIGEST_HEX_SIZE 65 /* 64 lower-case hexadecimal digits and the terminator */

struct vr_digest {
    SHA2_CTX context;
};

void vr_digest_init(struct vr_digest *digest);
void vr_digest_update(struct vr_digest *digest, const void *data, size_t size);

/* Ends the digest; init it before the next use. */
void vr_digest_finish(struct vr_digest *digest, char ret_hex[VR_DIGEST_HEX_SIZE]);

/* Of one stretch of memory. */
void vr_digest_bytes(const void *data, size_t size, char ret_hex[VR_DIGEST_HEX_SIZE]);

/* Of a whole regular file.  VR_ERR_NOT_FOUND, VR_ERR_IO, or VR_ERR_INPUT when it is no regular
 * file. */
int vr_digest_file(const char *path, char ret_hex[VR_DIGEST_HEX_SIZE], struct vr_err *err);

#endif
