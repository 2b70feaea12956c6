/* HMAC-SHA256 (RFC 2104): a digest that nobody can make, or guess the text of, without the key. */
#ifndef VR_BASE_HMAC_H
#define VR_BASE_HMAC_H

#include <stddef.h>

#include "base/digest.h"

void vr_hmac_sha256(
    const void *key, size_t key_size, const void *data, size_t size,
    char ret_hex[VR_DIGEST_HEX_SIZE]);

#endif
